from . import contact_name
from . import event_details
