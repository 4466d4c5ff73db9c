"""What people say: short invented sentences, put together from parts."""

from orchestration.sample_community.dice import Dice

_PARTS = {
    "thing": (
        "dinghy rudder|bilge pump|tide clock|mooring cleat|solar charge controller|oak tiller|sail needle|"
        "hull lamp|anchor winch|paddle blade|cabin heater|bow rail|keel bolt|barometer case|oar lock|fog horn|"
        "kite reel|canvas bag|workbench vice|steam box|rope fender|weather mast|model steamer|compass gimbal"
    ),
    "stuff": (
        "epoxy|larch|marine ply|stainless rod|cedar strips|brass sheet|PETG|waxed thread|linseed oil|copper rivets|"
        "ash battens|pine tar|tinned wire|shellac|sailcloth|cork"
    ),
    "tool": "spokeshave|band saw|laser cutter|soldering iron|router table|heat gun|3D printer|block plane|lathe",
    "part": "ESP32|GPS module|buck converter|relay board|float switch|stepper driver|LoRa radio|fuse holder",
    "flaw": (
        "keeps splitting|will not stop leaking|hums all night|is two millimetres off|cures too slowly|trips the fuse|"
        "warps as soon as it dries|rattles in a swell|drifts by an hour a day|smells burnt"
    ),
    "time": "tonight|on Saturday|this week|tomorrow morning|after work|next Tuesday|over the weekend|on bench evening",
    "place": "the harbour shed|bench four|the slipway|the east quay|my balcony|the basement|the club boat",
    "feel": "finally|at last|after three tries|somehow|with more luck than skill|a month late|against all advice",
    "number": "two|three|four|five|six|eight|ten|twelve",
    "link": (
        "https://example.org/tides|https://example.org/knots/bowline|https://example.com/epoxy-tables|"
        "https://example.net/boats/plans-14ft|https://example.org/solder-guide|https://example.com/old-pumps|"
        "https://example.net/wood-movement|https://example.org/lora-at-sea"
    ),
}
_PARTS = {name: tuple(words.split("|")) for name, words in _PARTS.items()}

POSTS = {
    "question": (
        "Does anyone know why my {thing} {flaw}?",
        "How do you glue {stuff} to {stuff} so that it survives salt water?",
        "My {thing} {flaw}. What would you try first?",
        "Is the {tool} free {time}? I need it for about {number} hours.",
        "Which {stuff} do you buy, and where? Mine {flaw}.",
        "Has anybody driven a {part} from a {part}? Mine gets hot after {number} minutes.",
        "Stupid question: can a {tool} cut {stuff}?",
        "Looking for a second pair of hands {time}, the {thing} is heavier than I am.",
        "Kann mir jemand mit dem {thing} helfen? Der {tool} ist wohl nicht das Richtige.",
        "Anyone going to {place} {time}? I need someone to look at a {thing}.",
        "What is the right order here: sand, `{stuff}`, then varnish?",
        "¿Alguien tiene un {tool} para prestar {time}?",
    ),
    "show": (
        "The {thing} is done, {feel}. {number} evenings at {place}.",
        "First test of the {thing} at {place}: floats! :tada:",
        "Before and after: a {thing} from {stuff} and patience.",
        "My {thing}, now with a {part} inside :bulb:",
        "Small win: the {tool} and I made {number} of these {time}.",
        "Turned scrap {stuff} into a {thing}, {feel}.",
        "Restored a {thing} from 1962. The {stuff} took {number} coats.",
        "看看我做的 {thing} :wrench:",
        "Hasil akhir pekan ini: {thing} dari {stuff}.",
        "Fertig! {thing}, {number} Stunden, kein Blut.",
    ),
    "chat": (
        "Fog so thick {time} that I rowed past my own boat.",
        "Who left {number} bags of {stuff} on {place}?",
        "Coffee is on at {place} :coffee:",
        "I will be at {place} {time} if anyone wants to join.",
        "Overheard at {place}: every {thing} is a {thing} if you are brave enough.",
        "The seagull has taken the {stuff} again :bird:",
        "Moin! Ist {time} jemand an {place}?",
        "Found a {thing} at the flea market for {number} euros, no regrets.",
        "Quick poll: {stuff} or {stuff} for a {thing}?",
        "Weather looks good {time}, bring sun cream and a {tool}.",
        "早上好，大家！ :sunrise:",
        "صباح الخير من {place}",
    ),
    "link": (
        "Worth a read before you buy {stuff}: <{link}>",
        "Good notes on this: <{link}|how they did it>",
        "Someone built a {thing} with a {part}: <{link}>",
        "The tables I keep losing: <{link}>",
    ),
    "intro": (
        "Hi all, I am new here and building a {thing}.",
        "Hello! Found you through the shed's open day. I like {stuff} and bad puns :wave:",
        "Moin zusammen, ich restauriere gerade ein {thing}.",
        "Halo semua, salam kenal! I work with {stuff}.",
        "大家好，我在做一个 {thing}。",
        "Bonjour à toutes et à tous ! I have a {tool} and no idea.",
        "Olá! Came for the kit, stayed for the {thing} pictures.",
        "مرحبا، أنا جديد هنا. I build {thing}s from {stuff}.",
        "Merhaba! {number} years of {stuff}, first time on a forum like this.",
        "New here. My {thing} {flaw}, so I was sent to you.",
    ),
    "kit": (
        "Kit three arrived today! Bag {number} is missing the {stuff} though.",
        "Step {number} of kit three: do you clamp the {thing} before or after the {stuff}?",
        "Kit three, evening {number}: the hull is closed.",
        "Can kit three take a {part}?",
    ),
}
REPLIES = {
    "question": (
        "Had the same with my {thing}. {stuff} fixed it.",
        "Try a thinner coat and wait {number} days.",
        "The {tool} is the wrong tool for {stuff}, come to {place} {time}.",
        "Check the {part} first, then the wiring.",
        "There is a good page on that: <{link}>",
        "I can lend you my {tool} {time}.",
        "Which {stuff} is it? The cheap one always {flaw}.",
        "Bring it along {time}, we will have a look.",
        "That is normal below ten degrees.",
        "No idea, but following this :eyes:",
        "{number} millimetres of clearance, never less.",
        "Please unplug it before you open it.",
    ),
    "thanks": (
        "Thank you, that did it!",
        "Danke, probiere ich {time}.",
        "Ah, I had it the wrong way round. Thanks :pray:",
        "Will try {time} and report.",
        "Makes sense, merci !",
        "Still {flaw}, but less. Thanks!",
        "谢谢！",
        "Terima kasih, works now.",
    ),
    "show": (
        "Beautiful work!",
        "How did you bend the {stuff}?",
        "Now I want one.",
        "That {thing} deserves a better photo :smile:",
        "Which {tool} did you use?",
        "Stark! Wie viele Stunden?",
        "The finish on that {stuff} :heart_eyes:",
        "Does it really float?",
    ),
    "intro": (
        "Welcome! Bring the {thing} {time}.",
        "Willkommen an Bord :anchor:",
        "Welcome, there is always coffee at {place}.",
        "Hi! Have a look at the workshop channel for your {thing}.",
        "欢迎！",
        "Good to have you here.",
    ),
    "news": (
        "Count me in.",
        "Great news!",
        "Can I bring a friend {time}?",
        "Is there a waiting list?",
        "I can help to set up {place}.",
        "What time does it start?",
        "Will there be {stuff} to buy?",
    ),
    "change": (
        "That is {number} times what I paid last year.",
        "I only come on Saturdays, so this is it for me.",
        "I understand the rent, but this came out of nowhere.",
        "Could we at least keep one free evening?",
        "Who decided this, and when were we asked?",
        "Sad to read. The free bench is why I joined.",
        "I would rather pay a bit for {stuff} than for the door.",
        "Thank you for being open about the numbers at least.",
    ),
    "staff on change": (
        "We hear you. The rent doubled, and we are looking for another way.",
        "Fair point, we should have asked first.",
        "We will look at the free evening again in August.",
    ),
    "back": (
        "I am back, see you {time}!",
        "This is the best message of the year :tada:",
        "Missed you all. Is bench four still crooked?",
        "Dusting off the {tool}.",
        "Thank you for changing your minds.",
        "Endlich! Bis Samstag.",
    ),
    "bench": (
        "A {thing}, still. It {flaw}.",
        "{number} {thing}s for a friend.",
        "Sanding. Only sanding.",
        "A {part} that refuses to talk to me.",
        "New {stuff} arrived, so a {thing}.",
        "Nothing, the {tool} is on holiday.",
        "Ein {thing} aus {stuff}.",
        "The kit, step {number}.",
    ),
    "chat": (
        "Same here :joy:",
        "On my way.",
        "That was me, sorry.",
        "{stuff}, always {stuff}.",
        "See you {time}.",
        "I will bring cake.",
        "哈哈",
        "Only if the {tool} is free.",
        "Not before coffee.",
    ),
}
REPLIES["kit"] = REPLIES["question"] + ("Same in mine, the shop sent me a new bag.", "Clamp first, always.")
REPLIES["link"] = (
    "Saved, thanks.",
    "The part on {stuff} is out of date.",
    "I built that one, it {flaw}.",
    "Nice find!",
)

# Slack writes <, > and & of a text as entities; the rest is as it was typed.
HOSTILE_TEXTS = (
    "&lt;script&gt;alert('ahoy')&lt;/script&gt; does this show up for you?",
    '=HYPERLINK("http://x","free anchors")',
    "Robert'); DROP TABLE members;-- &amp; friends",
    "{{ 7 * 7 }} ${HOME} %s \\ \u202eright to left\u202c",
)

EMOJI = {
    "+1": "1f44d",
    "anchor": "2693",
    "bird": "1f426",
    "bulb": "1f4a1",
    "clap": "1f44f",
    "coffee": "2615",
    "cry": "1f622",
    "eyes": "1f440",
    "fire": "1f525",
    "heart": "2764-fe0f",
    "heart_eyes": "1f60d",
    "joy": "1f602",
    "pray": "1f64f",
    "raised_hands": "1f64c",
    "sailboat": "26f5",
    "smile": "1f604",
    "sunrise": "1f305",
    "tada": "1f389",
    "thinking_face": "1f914",
    "wave": "1f44b",
    "wrench": "1f527",
}
_TONED = ("+1", "clap", "pray", "raised_hands", "wave")
REACTIONS = {
    "question": ("eyes", "+1", "thinking_face", "wrench"),
    "show": ("heart_eyes", "fire", "clap", "tada", "heart", "sailboat"),
    "intro": ("wave", "wave", "anchor", "heart"),
    "news": ("tada", "+1", "raised_hands", "sailboat"),
    "change": ("cry", "cry", "thinking_face", "eyes"),
    "back": ("tada", "heart", "raised_hands", "anchor"),
    "reply": ("+1", "pray", "+1", "joy", "heart"),
    "chat": ("joy", "coffee", "+1", "sailboat", "smile"),
}


def compose(dice: Dice, template: str) -> str:
    """A template with every part drawn anew."""
    pieces = template.split("{")
    text = pieces[0]
    for piece in pieces[1:]:
        name, _, rest = piece.partition("}")
        text += dice.pick(_PARTS[name]) + rest
    return text[0].upper() + text[1:]


def emoji(dice: Dice, mood: str) -> str:
    """A reaction's name that fits the mood, now and then with a skin tone."""
    name = dice.pick(REACTIONS.get(mood, REACTIONS["chat"]))
    return f"{name}::skin-tone-{dice.between(2, 6)}" if name in _TONED and dice.chance(0.12) else name
