from . import address, cart, event, known, mailing
