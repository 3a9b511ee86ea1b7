"""`bantuo operator add`: the first people of the operator, before anybody can invite them."""

from __future__ import annotations

from collections.abc import Sequence

import typer
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone

from bantuo.apps.accounts.models import OPERATOR_ROLES
from bantuo.apps.accounts.operations import AddressTaken, RolesUnfit, create_operator
from bantuo.interfaces.cli.terminal import print_json, stop_bad_input
from bantuo.interfaces.web.signin_tokens import invitation_url


def add_operator(*, email: str, roles: Sequence[str], name: str, as_json: bool) -> None:
    """Give somebody of the operator an account and print the link with which they choose a password."""
    wanted = [role if role in OPERATOR_ROLES else f"operator_{role}" for role in roles]
    try:
        validate_email(email)
        made = create_operator(
            email, name=name, roles=wanted, password=None, now=timezone.now(), actor="system:cli"
        )
    except ValidationError:
        stop_bad_input(f"email {email!r}: not a mail address", as_json=as_json)
    except AddressTaken:
        stop_bad_input(f"email {email!r}: has an account already", as_json=as_json)
    except RolesUnfit:
        known = ", ".join(sorted(role.removeprefix("operator_") for role in OPERATOR_ROLES))
        stop_bad_input(f"role {', '.join(roles) or '(none)'}: one or more of {known}", as_json=as_json)
    link = invitation_url(made)
    if as_json:
        print_json({"email": made.email, "roles": made.roles, "link": link})
        return
    typer.echo(f"{made.email} may join as {', '.join(made.roles)}")
    typer.echo(f"choose a password here (works once and for three days): {link}")
