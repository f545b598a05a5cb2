"""Model families, one a file."""

from course.models.base import CourseModel as CourseModel
