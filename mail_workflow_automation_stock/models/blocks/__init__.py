from . import stock_urgency
