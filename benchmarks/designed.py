"""A mail as a shop designs it: tables, inline styles, links, pictures and merge fields."""

SECTIONS = 9
PALETTE = ("#714B67", "#017E84", "#21B799", "#E46E78", "#5B899E", "#E4A900")

HEAD = """
<div class="o_layout oe_unremovable oe_unmovable bg-200 o_empty_theme" data-name="Mailing">
 <style id="design-element">a { color: #017E84 } h1, h2 { margin: 0 }</style>
 <div class="container o_mail_wrapper o_mail_regular oe_unremovable">
  <div class="row mw-100 mx-0">
   <div class="col o_mail_no_options o_mail_wrapper_td bg-white oe_structure o_editable">
    <table align="center" cellpadding="0" cellspacing="0" border="0" role="presentation"
           style="width:100%;max-width:600px;font-family:Arial,Helvetica,sans-serif;color:#374151">
     <tr>
      <td style="padding:16px 24px;text-align:left">
       <a href="/shop?section=logo"><img src="/web/static/img/logo2.png" alt="The shop"
          style="height:36px;width:auto" width="120"></a>
      </td>
      <td style="padding:16px 24px;text-align:right;font-size:12px;color:#6B7280">
       <a href="/view" style="color:#6B7280">View in the browser</a>
      </td>
     </tr>
    </table>
    <table align="center" cellpadding="0" cellspacing="0" border="0" role="presentation"
           style="width:100%;max-width:600px;background-color:#714B67;color:#FFFFFF">
     <tr>
      <td style="padding:48px 24px;text-align:center">
       <h1 style="font-size:32px;line-height:40px">Good to see you,
        <t t-out="object.name">friend</t></h1>
       <p style="font-size:16px;line-height:24px;margin:16px 0 24px">
        We put together what goes well with what you have. Nothing here is needed in a hurry, and
        everything can be sent back within a month.
       </p>
       <a href="/shop?section=hero" style="display:inline-block;padding:12px 32px;
          background-color:#FFFFFF;color:#714B67;text-decoration:none;border-radius:4px">
        Have a look</a>
      </td>
     </tr>
    </table>
"""
SECTION = """
    <table align="center" cellpadding="0" cellspacing="0" border="0" role="presentation"
           style="width:100%;max-width:600px;font-family:Arial,Helvetica,sans-serif;color:#374151">
     <tr>
      <td colspan="2" style="padding:32px 24px 8px">
       <h2 style="font-size:22px;line-height:28px;color:{color}">Idea number {number}</h2>
      </td>
     </tr>
     <tr>
      <td width="50%" valign="top" style="padding:8px 12px 24px 24px">
       <a href="/shop/{number}/left"><img src="/web/static/img/placeholder.png" width="264"
          alt="Left article {number}" style="width:100%;border-radius:6px"></a>
       <p style="font-size:15px;line-height:22px;margin:12px 0 8px">
        <strong>A lamp for the desk</strong><br>
        Warm light, a heavy foot, and an arm that stays where it is put. The switch is where the
        hand expects it, and the bulb is one that every shop sells.
       </p>
       <p style="margin:0">
        <span style="text-decoration:line-through;color:#9CA3AF">59.00 &euro;</span>
        <strong style="color:{color}">44.00 &euro;</strong>
       </p>
       <p style="margin:12px 0 0">
        <a href="/shop/{number}/left/buy" style="display:inline-block;padding:8px 20px;
           border:1px solid {color};color:{color};text-decoration:none">To the lamp</a>
       </p>
      </td>
      <td width="50%" valign="top" style="padding:8px 24px 24px 12px">
       <a href="/shop/{number}/right"><img src="/web/static/img/placeholder.png" width="264"
          alt="Right article {number}" style="width:100%;border-radius:6px"></a>
       <p style="font-size:15px;line-height:22px;margin:12px 0 8px">
        <strong>A chair for long evenings</strong><br>
        Made of ash, oiled, with a seat of woven paper. Six of them fit around a small table,
        and all of them can be stacked.
       </p>
       <ul style="font-size:14px;line-height:20px;padding-left:18px;margin:0">
        <li>delivered within three days</li>
        <li>spare parts for ten years</li>
        <li>chosen for you, <t t-out="object.name">friend</t></li>
       </ul>
       <p style="margin:12px 0 0">
        <a href="/shop/{number}/right/buy" style="display:inline-block;padding:8px 20px;
           border:1px solid {color};color:{color};text-decoration:none">To the chair</a>
       </p>
      </td>
     </tr>
    </table>
"""
FOOT = """
    <table align="center" cellpadding="0" cellspacing="0" border="0" role="presentation"
           style="width:100%;max-width:600px;font-size:12px;color:#6B7280">
     <tr>
      <td style="padding:24px;text-align:center;border-top:1px solid #E5E7EB">
       <a href="https://www.example.com/one">One</a> &middot;
       <a href="https://www.example.com/two">Two</a> &middot;
       <a href="https://www.example.com/three">Three</a>
       <p style="margin:12px 0 0">
        You get this mail, <t t-out="object.name">friend</t>, because you are a customer.<br>
        <a href="/unsubscribe_from_list" style="color:#6B7280">Unsubscribe</a>
       </p>
      </td>
     </tr>
    </table>
   </div>
  </div>
 </div>
</div>
"""


SHORT = (
    "<p>Hello <t t-out='object.name'>friend</t>,</p><p>Your <a href='/shop/cart'>basket</a> is"
    " still here, and so are we.</p><p><a href='/unsubscribe_from_list'>Unsubscribe</a></p>"
)


def body():
    """Return the html: more than 400 lines, 42 links, 11 merge fields."""
    sections = [
        SECTION.format(number=number, color=PALETTE[number % len(PALETTE)])
        for number in range(1, SECTIONS + 1)
    ]
    return "".join([HEAD, *sections, FOOT])


def bodies():
    """Return ``{ending of a figure's name: html}``: what a text itself costs, and what a mail."""
    return {"": body(), "_short": SHORT}
