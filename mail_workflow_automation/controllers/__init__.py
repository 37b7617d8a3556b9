from . import address, cart, coupon, dwell, event, form, known, mailing
