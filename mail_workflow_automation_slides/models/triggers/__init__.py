from . import course_completed
