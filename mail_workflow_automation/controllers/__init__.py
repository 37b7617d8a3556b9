from . import cart, event, mailing
