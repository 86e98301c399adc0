"""Who is signed in to the ENT: a cookie of its own, `SameSite=Lax`, changed by a click on another person."""

from flask import session

from lti_tool.demo.people import Person, person_by_login


def sign_in(person: Person) -> None:
    """Make this browser that person's."""
    session.clear()
    session["login"] = person.login


def sign_out() -> None:
    """Make this browser nobody's."""
    session.clear()


def signed_in() -> Person | None:
    """Whose browser this is."""
    return person_by_login(str(session.get("login", "")))
