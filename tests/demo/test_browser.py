"""The headless browser of the story: it sees what a person sees, and no more."""

import pytest
from lxml import html

from lti_tool.demo.browser import Browser, NotSeenError, Page

PAGE = """
<html><head><title>Titre</title></head><body>
<h1>L’essai</h1><p>Un</p><p>deux<b>-trois</b></p><script>caché</script>
<a href="/plus">Voir mes résultats<span> : Été</span></a> <a href="/moins">Voir</a>
<form method="post" action="/envoi">
  <input type="hidden" name="jeton" value="j">
  <label for="nom">Nom</label><input id="nom" name="nom" value="x">
  <fieldset>
    <input type="radio" id="a" name="choix" value="1" checked><label for="a">Premier</label>
    <input type="radio" id="b" name="choix" value="2"><label for="b">Second <span>(conseillé)</span></label>
  </fieldset>
  <input type="checkbox" id="c" name="case" value="1"><label for="c">Une case</label>
  <label for="l">Liste</label><select id="l" name="liste">
    <option value="">Rien</option><option value="p">Pomme</option>
  </select>
  <button name="action" value="oui">Je valide</button> <button name="action" value="non">Je passe</button>
</form>
</body></html>
"""


@pytest.fixture
def page():
    return Page(Browser(), "http://127.0.0.1/ici", 200, html.fromstring(PAGE))


def test_words_of_different_boxes_stay_apart_and_scripts_are_silent(page):
    assert page.reads("L'essai", "Un deux-trois")
    assert not page.reads("caché")
    assert not page.reads("Titre")


def test_a_missing_word_or_another_status_is_said(page):
    with pytest.raises(NotSeenError, match="« Trois »"):
        page.expect("Un", "Trois")
    with pytest.raises(NotSeenError, match="404"):
        page.expect(status=404)


def test_a_form_is_filled_in_by_its_labels_and_sent_by_a_button(page):
    form = page.form("Je valide")
    form.fill("Nom", "Zoé").tick("Second").tick("Une case").choose("Liste", "Pomme")
    assert form.fields() == [
        ("jeton", "j"),
        ("nom", "Zoé"),
        ("choix", "2"),
        ("case", "1"),
        ("liste", "p"),
        ("action", "oui"),
    ]
    assert form.address() == "http://127.0.0.1/envoi"
    assert page.form("Je passe").fields()[-1] == ("action", "non")


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(lambda page: page.follow("Ailleurs"), id="link"),
        pytest.param(lambda page: page.follow("Voir", "Hiver"), id="one link among several"),
        pytest.param(lambda page: page.press("Je triche"), id="button"),
        pytest.param(lambda page: page.form("Je valide").fill("Prénom", ""), id="field"),
        pytest.param(lambda page: page.form("Je valide").choose("Liste", "Poire"), id="option"),
        pytest.param(lambda page: page.frame(), id="frame"),
    ],
)
def test_what_is_not_there_cannot_be_used(page, act):
    with pytest.raises(NotSeenError):
        act(page)


def test_cookies_are_kept_and_a_new_browser_has_none(world):
    browser = Browser()
    browser.open(world.url).press("Hugo Martin")
    assert browser.open(f"{world.url}/cours").reads("Vous êtes Hugo Martin", "Technologie 4e A")
    assert Browser().open(f"{world.url}/cours").reads("Choisissez qui vous êtes")
