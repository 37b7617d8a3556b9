"""A visitor of the web shop: what a person does in a browser, as plain HTTP requests."""

import re
import time
import urllib.parse

import lxml.html
import requests

TIMEOUT = 60  # seconds for one request


class ShopError(Exception):
    """The shop answered something that a visitor could not go on from."""


class Visitor:
    """One person with one browser session.

    `lang` is the language of the pages they look at: "en" or "fr".
    """

    def __init__(self, base_url, name, email, lang="en"):
        self.base_url = base_url
        self.name = name
        self.email = email
        self.prefix = "" if lang == "en" else f"/{lang}"
        self.session = requests.Session()
        self.session.headers["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"

    def move_to(self, base_url):
        """Go on at the same shop after its server was started again."""
        self.base_url = base_url

    def register(self, password="a long enough pass phrase"):
        """Sign up for an account, and be logged in.

        :returns: when the form was sent, seconds since 1970
        """
        page = self._page(f"{self.prefix}/web/signup")
        sent = time.time()
        answer = self._post(
            f"{self.prefix}/web/signup",
            {
                "csrf_token": page.xpath("//input[@name='csrf_token']/@value")[0],
                "login": self.email,
                "name": self.name,
                "password": password,
                "confirm_password": password,
            },
        )
        if "/web/signup" in answer.url:
            raise ShopError(f"{self.email} could not sign up")
        return sent

    def subscribe(self, list_id):
        """Subscribe to a newsletter by the form in the page's footer.

        :returns: when the form was sent, seconds since 1970
        """
        sent = time.time()
        values = {"list_id": list_id, "value": self.email, "subscription_type": "email"}
        self._call("/website_mass_mailing/subscribe", values)
        return sent

    def add_to_cart(self, template_id, product_id, quantity=1):
        """Put a product into the cart."""
        values = {
            "product_template_id": template_id,
            "product_id": product_id,
            "quantity": quantity,
        }
        self._call(f"{self.prefix}/shop/cart/add", values)

    def cart_names(self):
        """Return the text of the cart page."""
        return self._page("/shop/cart").text_content()

    def follow(self, url):
        """Follow a link of a mail as a browser does; return the page."""
        answer = self.session.get(url, timeout=TIMEOUT)
        if answer.status_code != 200:
            raise ShopError(f"{url} answered {answer.status_code}")
        return answer

    def unsubscribe(self, url):
        """Do what a mail program does at a click on Unsubscribe (RFC 8058)."""
        answer = requests.post(url, data={"List-Unsubscribe": "One-Click"}, timeout=TIMEOUT)
        if answer.status_code != 200:
            raise ShopError(f"one-click unsubscription answered {answer.status_code}")

    def pay(self, country_id):
        """Check out: give an address, pay with Odoo's demo provider, wait for the order."""
        self._give_address(country_id)
        self._page("/shop/checkout?try_skip_step=true")
        form = self._payment_form()
        processing = self._call(
            form.get("data-transaction-route"),
            {
                "provider_id": int(self._payment_option(form, "data-provider-id")),
                "payment_method_id": int(self._payment_option(form, "data-payment-option-id")),
                "token_id": None,
                "amount": float(form.get("data-amount")),
                "flow": "direct",
                "tokenization_requested": False,
                "landing_route": form.get("data-landing-route"),
                "access_token": form.get("data-access-token"),
            },
        )
        self._call(
            "/payment/demo/simulate_payment",
            {
                "reference": processing["reference"],
                "payment_details": "4242424242424242",
                "simulated_state": "done",
            },
        )
        status = self._call("/payment/status/poll", {})
        if status["state"] != "done":
            raise ShopError(f"the payment is {status['state']}")

    def _give_address(self, country_id):
        """Fill in the address form where the checkout asks for it."""
        url = f"{self.base_url}/shop/checkout?try_skip_step=true"
        answer = self.session.get(url, timeout=TIMEOUT)
        asked = urllib.parse.urlsplit(answer.url)
        if "/shop/address" not in asked.path:
            return
        token = lxml.html.fromstring(answer.content).xpath("//input[@name='csrf_token']/@value")[0]
        values = {
            **dict(urllib.parse.parse_qsl(asked.query)),
            "csrf_token": token,
            "use_delivery_as_billing": "true",
            "name": self.name,
            "email": self.email,
            "phone": "+32 2 555 01 00",
            "street": "1 Harbor Street",
            "city": "Brussels",
            "zip": "1000",
            "country_id": country_id,
            "required_fields": "name,email",
        }
        refused = self._post("/shop/address/submit", values).json().get("invalid_fields")
        if refused:
            raise ShopError(f"the address was refused: {refused}")

    def _payment_form(self):
        page = self._page("/shop/payment")
        forms = page.xpath("//form[@id='o_payment_form']")
        if not forms:
            raise ShopError(
                "there is no way to pay: " + " ".join(page.text_content().split())[-300:]
            )
        return forms[0]

    def _payment_option(self, form, attribute):
        options = form.xpath(".//input[@data-provider-code='demo']") or form.xpath(
            ".//input[@name='o_payment_radio']"
        )
        return options[0].get(attribute)

    def _page(self, path):
        answer = self.session.get(f"{self.base_url}{path}", timeout=TIMEOUT)
        if answer.status_code != 200:
            raise ShopError(f"{path} answered {answer.status_code}")
        return lxml.html.fromstring(answer.content)

    def _post(self, path, values):
        answer = self.session.post(f"{self.base_url}{path}", data=values, timeout=TIMEOUT)
        if answer.status_code != 200:
            raise ShopError(f"{path} answered {answer.status_code}")
        return answer

    def _call(self, path, params):
        """Call a JSON-RPC route of the shop."""
        payload = {"jsonrpc": "2.0", "method": "call", "id": 1, "params": params}
        answer = self.session.post(f"{self.base_url}{path}", json=payload, timeout=TIMEOUT)
        answer.raise_for_status()
        result = answer.json()
        if "error" in result:
            message = result["error"].get("data", {}).get("message") or result["error"]["message"]
            raise ShopError(f"{path}: {re.sub(r'[ ]+', ' ', str(message))[:300]}")
        return result.get("result")
