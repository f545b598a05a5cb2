"""Where this grader and nbgrader meet: builds, releases, classrooms, preprocessors, the gradebook."""
