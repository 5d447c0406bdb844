"""What captions call the items: the catalogue's names, mended where they are French, brands, or say nothing."""

import re

from kinoform.training.shapes.paint import COLOURS

FLAT = ("Parking slot", "Arrow ", "Pedestrian crossing", "Bill ")
"""Names begin so of pictures on the ground or on paper, which have no shape."""
VAGUE = frozenset({"Box", "Contemporary living room", "Rails", "Clothes hanger", "Tape"})
"""Names of things that look nothing alike, of many things at once, or of too little to be seen."""

NAMES = {
    "Air conditioning - External unit": "air conditioner",
    "Air conditioning - Internal unit": "air conditioner",
    "Apple iBook": "laptop",
    "Apple iMac 1998": "computer",
    "Apple iMac 2004": "computer",
    "Apple iPhone": "mobile phone",
    "Barnum": "party tent",
    "Bended coconut tree": "coconut tree",
    "Bike": "bicycle",
    "Bootie": "ankle boots",
    "Burlap sofa": "sofa",
    "CCTV": "security camera",
    "Chevrolet": "car",
    "Children game": "playground slide",
    "Class seat": "school chair with a writing board",
    "Clear sofa": "sofa",
    "Concept Sedan 01": "car",
    "Concept Sedan 02": "car",
    "Concept Sedan 02 Sport": "sports car",
    "Cone": "traffic cone",
    "Convertible sofa BZ": "sofa bed",
    "Cosmetics pot": "cosmetics jar",
    "Dart game": "dartboard",
    "Entry speech unit": "intercom",
    "Espresso kettle": "espresso pot",
    "Female": "woman",
    "Fitness tower": "multi-gym",
    "Flacon": "perfume bottle",
    "Flipper": "pinball machine",
    "Football table": "table football",
    "Ford Focus": "car",
    "Frame Chambord": "picture frame",
    "Frame Hôi An": "picture frame",
    "Furnace": "wood stove",
    "Gaz water heater": "water heater",
    "Gift": "gift box",
    "Grinder": "angle grinder",
    "Hashtray": "ashtray",
    "Holding female": "standing woman",
    "Holding male": "standing man",
    "Hood": "cooker hood",
    "Induction cooker 2 zones": "induction hob",
    "Induction cooker 4 zones": "induction hob",
    "Island": "kitchen island",
    "Island extension": "kitchen island",
    "Joystick": "game controller",
    "Lip stick": "lipstick",
    "Little bank": "bench",
    "Lying down boy": "boy lying down",
    "Lying down female": "woman lying down",
    "Lying down male": "man lying down",
    "Male": "man",
    "Mannequin female": "female mannequin",
    "Mannequin male": "male mannequin",
    "Mower": "lawn mower",
    "Number lock": "keypad",
    "Oil servers": "oil bottles",
    "Opened convertible sofa BZ": "opened sofa bed",
    "Osaka chair": "chair",
    "Peugeot 308 CC": "car",
    "Plate, glass and cutlery": "plate with a glass and cutlery",
    "Plate, glasses and cutlery": "plate with glasses and cutlery",
    "PlayStation": "game console",
    "Puff": "bean bag",
    "Relax chair": "chaise longue",
    "Renault Scenic": "car",
    "Residential trashcan": "wheelie bin",
    "Rigged fan": "fan",
    "Screen": "folding screen",
    "Seat Leon": "car",
    "Short": "shorts",
    "Sitting female": "sitting woman",
    "Sitting male": "sitting man",
    "Smart car": "small car",
    "Sofa 2 seats": "two-seat sofa",
    "Sofa 3 seats": "three-seat sofa",
    "Squeezer": "juicer",
    "Stone grill device": "table grill",
    "Suit": "suit jacket",
    "TV": "television",
    "TV 16:9": "television",
    "TV stand": "television stand",
    "Table tennis": "table tennis table",
    "Teck chair": "wooden chair",
    "Toilets unit": "toilet",
    "Tool": "kitchen utensil",
    "Trunck": "trunk",
    "VW new beetle": "beetle car",
    "Wood bank": "park bench",
    "Yamaha YZR R6": "motorbike",
}
"""Name in the catalogue -> what captions say."""

_WALL_PARTS = re.compile(
    r"^(?:Wall|Square|Rounded) (?:type [A-G] |(?:antenna|RJ45) )?(plug|(?:double |dimmer )?switch)$"
)
_PANES = re.compile(r" (?:small panes|\d panes)$")

PLURALS = re.compile(
    r"\b(shelves|tulips|slippers|sneakers|shoes|boots|shorts|trousers|glasses|sunglasses|scissors|keys|headphones|logs"
    r"|pliers|fries|flowers|orchids|apples|clothes|bottles|lights|tools)$"
)
"""Nouns that take no article."""

LEAST = 0.25
"""Share of the outside from which on a second colour may be said."""


def noun(name: str) -> str | None:
    """What a caption calls an item of a name, without an article: "desk lamp". None where the name says too little."""
    if name in VAGUE or name.startswith(FLAT):
        return None
    if name in NAMES:
        return NAMES[name]
    if part := _WALL_PARTS.match(name):
        return "wall socket" if part[1] == "plug" else f"{part[1]} for a wall"
    plain = _PANES.sub("", name)
    return plain if plain[:2].isupper() else plain[0].lower() + plain[1:]


def caption(noun: str, shares: dict[str, float]) -> str:
    """The noun with its main colour, or the two main ones where neither prevails: "a brown and white desk".

    shares: colour -> share of the outside, the largest first. A noun that says a colour gets no other.
    """
    first, *others = shares
    words = first
    if others and shares[first] < 2 * shares[others[0]] and shares[others[0]] > LEAST:
        words = f"{first} and {others[0]}"
    phrase = noun if set(noun.split()) & set(COLOURS) else f"{words} {noun}"
    if PLURALS.search(noun):
        return phrase
    return f"{'an' if phrase[0] in 'aeiou' else 'a'} {phrase}"
