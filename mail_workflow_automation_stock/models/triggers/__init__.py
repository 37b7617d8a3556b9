from . import delivery_done
