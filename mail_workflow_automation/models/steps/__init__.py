from . import kind
from . import condition
from . import email
from . import end
from . import goto
from . import tag
from . import task
from . import wait
