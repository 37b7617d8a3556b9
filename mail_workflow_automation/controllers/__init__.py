from . import address, cart, event, mailing
