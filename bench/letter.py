"""The mail that the targets of sending are stated for: 12 links, 46 expressions, about 14 kB of HTML and 5 kB of text.

The example content's own is shorter, and has three expressions; most newsletters are longer.
"""

from dataclasses import replace

from authoring.tree import Tree

PATH = "emails/conseils-3d/variantes.fr.md"
_HEAD = """+++
subject = "{{ lead.first_name | default('Bonjour') }}, la quatrième version"
preheader = "Une clause de quatre phrases, et le prix que j'annonce."
why = "Message 4 sur 4 des conseils 3D, que vous avez acceptés sur notre site."
interests = ["prix/variantes"]
+++
Bonjour{% if lead.first_name %} {{ lead.first_name }}{% endif %},
"""
_PART = """
Une variante se chiffre avant d'être dessinée{% if lead.company %}, chez {{ lead.company }}{% endif %} comme ailleurs :
**ce qui est compris**, *ce qui rouvre une décision signée*, **ce qu'elle coûte** au tarif du contrat.
{{ lead.first_name }}, les clients ne discutent presque jamais le prix, ils discutent la surprise.
[La grille du chapitre NUMBER](https://lumen.example/grille/NUMBER) le dit en trois lignes.

> Le prix du chapitre NUMBER est annoncé avant le dessin.

---
"""


def with_it(tree: Tree) -> Tree:
    """The example content with that text in the place of its own."""
    body = _HEAD + "".join(_PART.replace("NUMBER", str(number)) for number in range(1, 13))
    return replace(tree, texts={**tree.texts, PATH: body.encode()})
