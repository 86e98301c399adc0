"""How to connect each product: public pages with our addresses under the product's own labels."""

from __future__ import annotations

import pytest
from flask import Flask

from lti_tool.lti import products
from tests.web.pages import Browser


def test_the_index_leads_to_each_product(app: Flask, browser: Browser) -> None:
    page = browser.get("/connexion")
    assert page.heading == "Relier Pix à votre plateforme"
    hrefs = page.root.xpath("//main//ul//a/@href")
    assert hrefs == [f"/connexion/{product.slug}" for product in products.PRODUCTS]


@pytest.mark.parametrize("product", products.PRODUCTS, ids=lambda product: product.slug)
def test_a_product_s_page_has_its_labels_with_our_values(
    app: Flask, browser: Browser, product: products.Product
) -> None:
    page = browser.get(f"/connexion/{product.slug}")
    assert page.status == 200
    for label, _value in product.labels:
        assert label in page.text
    for url in ("/lti/login", "/lti/launch", "/lti/jwks.json"):
        assert f"http://127.0.0.1:8000{url}" in page.text
    assert ("En collant une adresse" in page.text) is product.registers


@pytest.mark.parametrize("product", products.PRODUCTS, ids=lambda product: product.slug)
def test_the_table_is_complete(product: products.Product) -> None:
    """Whatever `platform add` and `platform deploy` need is given by its administrator or known already."""
    told = {option for option, _ in (*product.answers, *product.known_answers)}
    needed = {"--issuer", "--client-id", "--auth-url", "--token-url", "--jwks-url", "DEPLOYMENT_ID"}
    assert needed - told <= ({"--jwks-url"} if product.slug == "blackboard" else set())
    assert product.steps
    assert bool(product.paste) == product.registers


def test_an_unknown_product_is_no_page(app: Flask, browser: Browser) -> None:
    assert browser.get("/connexion/inconnu").status == 404


@pytest.mark.parametrize(
    ("code", "slug"),
    [("moodle", "moodle"), (" Moodle ", "moodle"), ("BlackboardLearn", "blackboard"), ("", "ent"), (None, "ent")],
)
def test_a_product_is_known_by_its_family_code(code: str | None, slug: str) -> None:
    assert products.by_family(code).slug == slug
