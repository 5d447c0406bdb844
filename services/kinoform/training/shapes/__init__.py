"""Parametric solids with captions: what form-mini learns from and is measured on.

    catalogue.FAMILIES: Mapping[str, Family]      name -> attribute and its values, colours, finishes, sizes, nouns
    catalogue.build(facts, rng) -> Shape          a shape of given facts, held out or not
    draw.draw(seed, family=None, attribute=None, colour=None) -> (Shape, Facts, caption)
                                                  a training sample: never a held-out combination
    draw.held_out(facts) -> bool                  a fixed tenth of (family, colour, value)
    draw.held_out_captions(count=200)             [(caption, Facts), ...] over all families
    facts.Facts                                   family, colour, finish, attribute, value, second, size_m; JSON
    grammar.caption(facts, rng=None) -> str       one of many phrasings; the canonical one without `rng`
    count.count(family, field) -> value or None   the attribute as read off a solid by code
    shape.Shape                                   a media.surface.field.Field: distance, appearance, both by `look`

Shapes lie in [-1, 1]^3, x right, y up, z front; centred, their longest side 1.8 long; `size_m` is that side in metres.
"""
