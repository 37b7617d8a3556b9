from . import blocks
from . import mail_workflow_recommender
from . import stock_picking
from . import triggers
