from . import address, cart, coupon, dwell, event, known, mailing
