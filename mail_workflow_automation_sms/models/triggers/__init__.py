from . import email_clicked
from . import sms_replied
