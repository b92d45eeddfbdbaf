"""Which forms ask for a consent that no mail lets anybody confirm: marketing would never begin; and which mails that
may leave without their link would say something odd without it.

Pure: no database, no clock, no network.
"""

from collections.abc import Iterator

from jinja2 import Environment, TemplateSyntaxError, nodes

from authoring.models.emails import Email
from authoring.models.forms import Form
from authoring.models.sequences import Sequence, Trigger
from authoring.site import CONFIRM, Site
from base.saying import Said, said
from base.toml import Loc
from emails.expressions import names_in

Found = Iterator[tuple[str, Loc, Said, Said]]  # the form, where in its file, what is wrong, what to do

_JINJA = Environment(autoescape=True)
BY_A_FORM = ("form", "magnet", "event")  # triggers that say which form they answer


def unconfirmed(site: Site) -> Found:
    """Every topic that a form asks for, where none of the mails that may answer that form has the link to confirm."""
    confirming = [one for name, one in site.sequences.items() if _has_link(site, name)]
    for name, form in sorted(site.forms.items()):
        if any(_answers(trigger, name, form) for sequence in confirming for trigger in sequence.trigger):
            continue
        for path, topic in _asked(form, site):
            message = said(
                "nobody can confirm `%(topic)s`: no mail that answers this form has `confirm_url`", topic=topic
            )
            hint = said(
                'send one with `{{ confirm_url }}` by a transactional sequence that begins by `form = "%(form)s"`',
                form=name,
            )
            yield name, path, message, hint


def _asked(form: Form, site: Site) -> Iterator[tuple[Loc, str]]:
    """The topics of mail that the form asks for; to be measured is agreed to elsewhere too."""
    if form.subscribe in site.definitions.topics:
        yield ("subscribe",), str(form.subscribe)
    for index, field in enumerate(form.field):
        if field.is_box and field.topic in site.definitions.topics:
            yield ("field", index, "topic"), str(field.topic)


def _has_link(site: Site, name: str) -> bool:
    sequence: Sequence = site.sequences[name]
    texts = (email for (owner, _, _), email in site.emails.items() if owner == name)
    return sequence.class_ == "transactional" and any(map(_confirms, texts))


def _confirms(email: Email) -> bool:
    try:
        return CONFIRM in names_in(email.body)
    except TemplateSyntaxError:
        return True  # it cannot be read, which is told: what it would say is not known


def _answers(trigger: Trigger, name: str, form: Form) -> bool:
    """Whether it may let in whoever sends that form; a trigger of another kind may."""
    if trigger.kind not in BY_A_FORM:
        return True
    if trigger.event is not None:
        return trigger.event != "form_submitted" or trigger.subject in (None, name)
    return trigger.form == name or (trigger.magnet is not None and trigger.magnet == form.magnet)


def odd_without_link(email: Email) -> Iterator[tuple[int, Said, Said]]:
    """(line of the body, what is wrong, what to do) of a text with `link_optional`. Raises jinja2's
    TemplateSyntaxError."""
    if not email.link_optional:
        return
    if CONFIRM not in names_in(email.body):
        message = said("this text has no `confirm_url` that could be left out of it")
        yield 1, message, said("leave out `link_optional`")
    for line in sorted(_bare(_JINJA.parse(email.body), within=False))[:1]:
        message = said("this text may leave without its link, and would say something odd here")
        hint = said(
            "between `{% if confirm_url %}` and `{% endif %}` only, without `else`; or leave out `link_optional`"
        )
        yield line, message, hint


def _bare(node: nodes.Node, within: bool) -> Iterator[int]:
    """The lines that name the link elsewhere than `within` a plain `{% if confirm_url %}`."""
    if isinstance(node, nodes.Name) and node.name == CONFIRM:
        if not within:
            yield node.lineno
    elif isinstance(node, nodes.If) and _is_plain(node):
        for part in node.body:
            yield from _bare(part, True)
    else:
        for part in node.iter_child_nodes():
            yield from _bare(part, within)


def _is_plain(node: nodes.If) -> bool:
    asks = isinstance(node.test, nodes.Name) and node.test.name == CONFIRM
    return asks and not node.elif_ and not node.else_
