from . import slide_channel_partner
from . import triggers
