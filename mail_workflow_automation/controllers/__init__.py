from . import address, cart, coupon, event, known, mailing
