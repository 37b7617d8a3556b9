from . import cart, mailing
