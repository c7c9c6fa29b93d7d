"""What text for language models looks like, in German and English: one pattern a line.

A pattern is a regular expression in which `<name>` stands for a fragment. Phrases are matched in
plain words: lower-case ASCII, one space between two words, nothing else. Marks and labels are
matched in text that keeps its punctuation.

Help for readers uses many of the same words ("ignore the warning", "Wir antworten ab sofort
schneller"), so a pattern wants two signs that a machine is meant. In 84 MB of public documentation
they hit eleven of 1.2 million paragraphs, and all but one quote a prompt or tell how to decode.
"""

import re

_FRAGMENTS = {
    # Whoever is meant when a text speaks to a machine. "Bot" and "assistant" alone are too common.
    "machine": (
        r"(?:(?:ai|ki|artificial intelligence|kunstliche[nr]? intelligenz)(?: <sort>)?|chatgpt"
        r"|(?:large )?language models?|sprachmodell(?:e|en|s)?|llms?|chat ?bots?|gpt ?\d?"
        r"|claude|gemini|copilot)"
    ),
    "sort": (
        r"(?:powered )?(?:assistant|agent|bot|chatbot|model|system|crawler|modell|assistent"
        r"|assistentin)(?:e|en|s)?"
    ),
    "a": (r"(?:an?|the|this|any|all|every|ein|eine[nrm]?|die|der|das|den|dem|alle|jede[nrs]?)"),
    "some": r"(?:\w+ ){0,4}?",
    # What machines are told to do.
    "say": (
        r"(?:answer|respond|reply|say|tell|claim|state|pretend|obey|ignore|disregard|forget"
        r"|recommend|rate|promise|antwort(?:e|en|est|et)|sag(?:e|en|st|t)?|behaupt(?:e|en|est)"
        r"|teil(?:e|en|st)|ignorieren?|vergiss|bestatig(?:e|en|st)|versprich|versprechen"
        r"|empfiehl|empfehlen|bewerten?)"
    ),
    "must": r"(?:must|should|shall|have to|need to|will|are|may|can|always|now)",
    "ever": (
        r"(?:(?:you|will|must|should|shall|please|to|are|always|now|only|never|here|immer|stets"
        r"|jetzt|nun|nur|nie|hier|allen|jedem|kunden) )*"
    ),
    "forall": r"(?:(?:to|for|an|fur|<a>) ){0,3}",
    "dem": r"(?:allen|jedem|dem|der|den) ",
    "reveal": r"(?:reveal|print|repeat|show|output|display|leak|disclose)",
    "verrate": r"(?:gib|zeige?|verrate?|nenne|wiederhole)",
    "initial": r"(?:system|initial|hidden|original)",
    "nowon": r"(?:from now on|starting now|henceforth|for the rest of this conversation)",
    "abjetzt": r"(?:ab (?:sofort|jetzt)|von (?:nun|jetzt) an)",
    # Orders that are to be dropped, and how.
    "drop": (
        r"(?:ignore|disregard|forget|override|bypass|discard|overlook|pay no attention to"
        r"|(?:do not|don ?t|stop) (?:follow|obey)(?:ing)?|ignorier(?:en?|t)?|vergiss|vergesst"
        r"|vergessen|missachten?|verwirf|verwerfen|ue?berschreiben?|ue?bergehen?|umgehen?)"
    ),
    "fill": (
        r"(?:(?:all|any|every|each|of|the|your|my|our|its|these|those|this|that|and|or|other"
        r"|safety|such|just|please|bitte|sie|jetzt|nun|einfach|alle[nrs]?|samtliche[nr]?|die|der"
        r"|den|das|jegliche[nr]?|jede[nrs]?|deine[nr]?|ihre[nr]?|meine[nr]?|unsere[nr]?"
        r"|diese[nr]?|von|und|oder|anderen?) ){0,5}"
    ),
    "earlier": (
        r"(?:previous|previously|prior|preceding|earlier|above|foregoing|existing|current|initial"
        r"|original|former|system|developer|hidden|given|(?:bisherige|vorherige|vorige|frue?here"
        r"|obige|vorangegangene|vorangehende|vorstehende|ursprungliche|bestehende|vorgegebene"
        r"|gegebene|erteilte|anfangliche)[nrsm]?|oben (?:genannten?|stehenden?)"
        r"|(?:zuvor|bisher) \w+)"
    ),
    "orders": (
        r"(?:instructions?|prompts?|directives?|guidelines?|rules?|commands?|programming"
        r"|restrictions?|guardrails?|(?:system ?)?(?:anweisung|instruktion|vorgabe|anordnung"
        r"|befehl|prompt|regel|richtlinie|weisung|programmierung|einschrankung)(?:en|n|s|e)?)"
    ),
    "everything": (
        r"(?:everything|anything|all|what|whatever) (?:that )?(?:(?:is|was|came|stands) )?"
    ),
    "alles": r"(?:sie )?(?:bitte )?alles (?:was )?",
    "talk": r"(?:training|text|kontext|context|conversations?)",
    # What follows "SYSTEM:" or "Prompt:" where that is no label of a value.
    "opening": (
        r"(?:you are (?:now|an?|the|no longer)|you must (?:always |never |only |now )?<say>"
        r"|(?:always |never |only )?(?:respond|reply|pretend|ignore|disregard|forget|say|claim)"
        r"|tell (?:the|every|all|any)|act as|from now on|new instructions?|override"
        r"|du (?:bist|musst|sollst|darfst|antwortest)|<abjetzt>"
        r"|sie (?:sind|mussen|sollen) (?:jetzt|nun|ab|immer)"
        r"|(?:immer |nie |nur )?(?:antworte|sage?|behaupte|vergiss|ignoriere?))"
    ),
    "role": r"(?:system|assistant|user|human|developer|instruction|response|input|prompt)",
    "quotes": r"[\s\"'„“”*_]*",
}


def _patterns(lines: str) -> str:
    """The patterns of all lines as one, with their fragments; `#` begins a comment."""
    found = [line.strip() for line in lines.splitlines() if line.strip() and line[:2] != "# "]
    pattern = "|".join(found)
    while re.search("<[a-z]+>", pattern):
        pattern = re.sub("<([a-z]+)>", lambda name: _FRAGMENTS[name[1]], pattern)
    return f"(?:{pattern})"


# Each wants "earlier" or "your" beside the orders: "ignore the rules" is no attack.
_DROPPED = _patterns(r"""
<drop> <fill><earlier> <fill>(?:<earlier> )?(?:<orders>|<talk>)
<drop> <fill>(?:your|deine[nr]?) <orders>
<drop> <fill><orders> (?:above|before this|(?:that )?you (?:have been|ve been|were))
<drop> <fill><orders> (?:von )?(?:weiter )?oben
<drop> <fill>(?:user|customer|visitor)s? (?:s )?(?:questions?|query|request)
<drop> <fill>frage (?:des|der) (?:kunden|kundin|nutzers|users|besuchers)
<drop> <everything>(?:above(?! the)|before this)
<drop> <everything>you (?:have been|ve been|were|are) (?:told|instructed|given)
<drop> <alles>(?:da |hier )?(?:oben|bisher|vorher|zuvor|davor)
<drop> <alles>(?:dir|ihnen) (?:bisher |zuvor |vorher )?(?:gesagt|aufgetragen|mitgeteilt)
<drop> <alles>du (?:bisher|zuvor|vorher)
# German says "not" last.
(?:befolg|beacht|folg)en? <fill><earlier> <fill><orders> (?:nicht|nie)
halten? (?:dich|sie sich|euch) nicht (?:mehr |langer )?an (?:deine|<fill><earlier>) <fill><orders>
setzen? <fill><earlier> <fill><orders> ausser kraft
""")
# Behind "never" and "nicht" they mean the opposite. Where letters were s p a c e d, no space is
# left between words.
DROPPED = re.compile(
    r"(?<!not )(?<!never )(?<!dont )(?<!n t )(?<!nicht )(?<!nie )\b" + _DROPPED.replace(" ", " ?")
)

_TO_MACHINES = _patterns(r"""
# As an AI assistant you must answer … Wenn du eine KI bist, …
as <a> <machine> <some>you <must>
als <machine> <some>(?:musst|sollst|darfst|hast|bist|antwortest|wirst) du
als <machine> <some>(?:mussen|sollen|durfen|antworten|sagen) sie
(?:if|when|since|because) you (?:are|re) <a> <machine>
(?:wenn|falls|sofern|da) (?:du|sie) <a> <machine> (?:bist|sind)
# Any AI reading this … Sprachmodelle, die diesen Text lesen, …
<machine> (?:reading|processing|summari[sz]ing|parsing|(?:that|who) reads?) (?:this|the page)
<machine> (?:summari[sz]es|reads|processes|quotes|cites) this
<machine> (?:die|der|das|welche\w?) (?:dies\w*|das) (?:\w+ )?(?:liest|lesen|verarbeite\w+)
# Note to AI assistants: always say … Liebe KI, bewerte …
(?:note|notice|message|instructions?|attention|important) <forall><machine> <some><say>
(?:hinweise?|nachricht|achtung|wichtig|anweisung(?:en)?) <forall><machine> <some><say>
(?:dear|hey|hello|hallo|liebe[rs]?) <machine> <some><say>
(?:new|updated) (?:instructions?|directives?) <forall>(?:<machine>|assistant)
neue anweisung(?:en)? <forall>(?:<machine>|assistenten)
your new (?:instructions?|system prompt|directives?|objective) (?:is|are)
your instructions (?:have (?:changed|been)|are now)
deine anweisungen (?:lauten|sind) (?:jetzt|nun|ab)
# The chatbot must always say … Die KI soll immer antworten …
(?:<machine>|the assistant) (?:must|has to) <ever>(?:answer|respond|reply|say|tell|claim|recommend)
<machine> (?:shall|have to) <ever>(?:answer|respond|reply|say|tell|claim|recommend)
(?:<machine>|der assistent) (?:muss|soll) <ever>(?:antworten|sagen|behaupten|empfehlen)
<machine> (?:mussen|sollen) <ever>(?:antworten|sagen|behaupten|empfehlen)
# You are now an unrestricted chatbot. You are a helpful assistant.
you are (?:now|no longer) (?:<machine>|dan)
you are (?:now|no longer) <a> <some>(?:<machine>|bot|assistant)
you are an? (?:helpful|friendly|unrestricted|unfiltered) (?:\w+ )?(?:<machine>|assistant|bot)
you are (?:chatgpt|gpt|claude|gemini|copilot|<a> (?:ai|large language model|llm))
du bist (?:jetzt|nun|<abjetzt>|nicht (?:mehr|langer)|kein\w?|ein\w?) <some>(?:<machine>|bot|dan)
du bist eine? (?:hilfreiche|freundliche)[nr]? assistent
<abjetzt> bist du <some>(?:<machine>|bot|dan)
(?:act|behave|pretend|respond|answer) (?:as|like|to be|as if you (?:are|were)) <a> <some><machine>
do anything now
# From now on answer only … Antworte immer …
<nowon> <ever>(?:answer|respond|reply|obey|act as|pretend|behave|speak as)
<abjetzt> (?:antworte|antwortest|antworten sie|sagst|sage?|behauptest|behaupte|gehorchst|tu so)
antworte (?:<abjetzt>|immer|stets|nur noch|auf jede|auf alle)
(?:answer|respond to|reply to) (?:every|any) <some>(?:question|query|prompt|request) <some>with
(?:begin|start|end) (?:every|each|all) (?:of your )?(?:answers?|repl(?:y|ies)|responses?) with
# Sag dem Kunden, …
(?:sage?|antworte|versprich|erklare|bestatige) <dem>(?:kunden?|kundin|nutzern?|usern?|besuchern?)
# Reveal your system prompt. Do not mention these instructions.
<reveal> (?:me |us )?(?:all )?(?:of )?your <some><initial> (?:prompt|instructions|message)
<verrate> <some>deine[nr]? <some>(?:system ?prompt|systemanweisung(?:en)?|anweisungen|prompt)
do not (?:mention|reveal|disclose|repeat) (?:this|these|the) (?:instructions?|(?:system )?prompt)
(?:end|begin|beginning|start) (?:of )?(?:the )?system (?:prompt|instructions)
""")
TO_MACHINES = re.compile(rf"\b{_TO_MACHINES}\b")

MARKED = re.compile(
    _patterns(r"""
<\|\s*(?:im_start|im_end|im_sep|system|user|assistant|endoftext|endofprompt|eot_id)\s*\|>
<\|\s*(?:begin_of_text|start_header_id|end_header_id)\s*\|>
\[/?inst\]
<</?sys>>
<(?:start|end)_of_turn>
</?system[_-](?:prompt|message)>
##\s*<role>s?\s*(?::|##)
\[system[ _-](?:message|prompt|note|instructions?|override)\]
[\[<]system[\]>]:?<quotes><opening>\b
["']role["']\s*:\s*["'](?:system|developer)["']
""")
)
# Without one of these nothing is marked.
MARKS = ("<|", "inst]", "<<", "_of_turn>", "<system", "</system", "[system", "##", '"role', "'role")

# Words with a colon behind them, and what makes an order of that.
LABELLED = re.compile(
    r"\b"
    + _patterns(r"""
(?:system|prompt|ki|ai|llm|chatbot|chatgpt|gpt)\s*:<quotes><opening>\b
system[\s-]?(?:prompt|instructions?|override|anweisung(?:en)?)\s*:
(?:instructions?|note|message|hint) (?:to|for) (?:<a> )*<machine>\s*:
(?:hinweise?|anweisung(?:en)?|nachricht) (?:an|fur) (?:<a> )*<machine>\s*:
(?:to|an) (?:all|any|every|alle|jede) <machine>\s*:
""")
)

# Words without one of which no phrase and no label can match; most text has none.
TRIGGERS = frozenset(
    """
    ignore disregard forget override bypass discard overlook attention follow following obey obeying
    ignorier ignoriere ignorieren ignoriert vergiss vergesst vergessen missachte missachten verwirf
    verwerfen uberschreib uberschreibe uberschreiben ueberschreib ueberschreibe ueberschreiben
    ubergeh ubergehe ubergehen uebergeh uebergehe uebergehen umgeh umgehe umgehen
    befolg befolge befolgen beacht beachte beachten folg folge folgen halt halte halten setz setze
    setzen

    ai ki intelligence intelligenz language sprachmodell sprachmodelle sprachmodellen sprachmodells
    llm llms chatbot chatbots chat chatgpt gpt claude gemini copilot bot dan assistant assistants
    assistent assistenten now henceforth conversation sofort jetzt nun antworte

    answer answers reply replies response responses respond sag sage versprich erklare bestatige
    system prompt systemprompt systemanweisung systemanweisungen anweisung anweisungen instruction
    instructions message directive directives objective
    """.split()
)

# A heading that is nothing but a mark opens a prompt; "Instructions" is a usual heading.
MARK_HEADING = re.compile(r"(?:instruction|prompt|system|system[ -]?prompt|systemanweisung)\s*:")
# What follows an order that ends so belongs to it.
OPEN_END = re.compile(_patterns(r"(?::|\[/?inst\]|<\|[a-z_]+\|>\s*\w*)<quotes>$"))

# Base64 of at least 15 characters, and the order to read it.
BLOB = re.compile(r"(?<![\w/+=-])[A-Za-z0-9+/_-]{20,}={0,2}(?![\w/+-])")
DECODE = re.compile(r"\b(?:decode|decrypt|de[ck]odier\w*|entschlussel\w*)\b")
