from . import event_registered
from . import event_attended
