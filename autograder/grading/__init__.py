"""One submission to a report; a class to a gradebook."""
