from . import sms_replied
