from . import (
    address,
    cart,
    content,
    coupon,
    dwell,
    event,
    form,
    known,
    mailing,
    sample,
    thumbnail,
)
