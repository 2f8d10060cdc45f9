"""What a batch of dispatch reads, for all orders and people at once: queries for ``core.columns``, and the columns of each.

``{district}``, ``{low}`` and ``{high}`` are the batch's place; what is said of a person is said of the helpers there, and of the
time that ``services.dispatch_facts`` looks at for one order. The rules are the same; a test holds both to the same answers.
"""

from app.core.columns import BIG, FLOAT, INT, KEY, SMALL
from app.domain.assignments import ACTIVE, UNFINISHED, AssignmentState
from app.domain.availability import DAY
from app.domain.catalogue import SERVICE_MINUTES, Handler, Skill
from app.domain.dispatch_batches import BARRED, OPEN_NEEDS, OPEN_ORDERS
from app.domain.dispatch_ways import Way
from app.domain.needs import Urgency
from app.domain.orders import OrderState
from app.domain.pairings import NEAREST_FIRST
from app.domain.people import HELPERS
from app.domain.sign_ups import SignUpState
from app.models.base import literal_in

NOBODY = "'00000000-0000-0000-0000-000000000000'::uuid"
WAYS = list(Way)
URGENCIES = list(Urgency)
SKILLS = list(Skill)
UNFINISHED_FLAG, INVITED_FLAG, LATELY_FLAG, DONE_FLAG = 1, 2, 4, 8


def _number(column: str, words: list[Way] | list[Urgency] | list[Skill]) -> str:
    """Its place in the list, from 0; -1 where it is not there, or nothing is said."""
    said = ", ".join(f"'{word.value}'" for word in words)
    return f"(coalesce(array_position(ARRAY[{said}], ({column})::text), 0) - 1)::smallint"


_OF_NEED = "JOIN needs n ON n.district_id = o.district_id AND n.id = o.need_id"
_OF_ORDER = "JOIN orders o ON o.district_id = a.district_id AND o.id = a.order_id"
_HERE = (
    f"o.district_id = {{district}} AND {literal_in('o.state', OPEN_ORDERS)} AND o.path >= {{low}} AND o.path < {{high}}"
)
OPEN = f"{literal_in('o.state', OPEN_ORDERS)} AND {literal_in('n.state', OPEN_NEEDS)}"
"""Of an order ``o`` and its need ``n``: nobody has it, and it waits for nothing."""
_HAS_ROOM = f"""(o.state = '{OrderState.OPEN.value}' OR o.people_wanted > (
    SELECT count(DISTINCT a.slot) FROM assignments a WHERE a.district_id = o.district_id AND a.order_id = o.id
      AND {literal_in("a.state", ACTIVE | {AssignmentState.INVITED})}))"""  # noqa: S608
"""While some still think about it there may be places nobody is asked for."""
_HELPS = (
    f"SELECT person_id FROM grants WHERE district_id = {{district}} AND {literal_in('role', HELPERS)}"  # noqa: S608
    " AND starts_at <= {now} AND (ends_at IS NULL OR ends_at > {now})"
    " AND (path = ANY(string_to_array({above}, chr(10))) OR (path >= {low} AND path < {high}))"
)
"""``{above}``: the paths of the place and of those above it, a line each."""
_WAY = (
    f"CASE WHEN w.order_id IS NOT NULL AND NOT o.auto_offer THEN '{Way.BY_HAND.value}'"
    " ELSE w.steps -> w.step ->> 'way' END"
)
"""Where a dispatcher has halted the chain, it goes on by hand."""

_ASKABLE = f"""coalesce(o.terms -> 'handlers', '["{Handler.HELPERS.value}"]') ? '{Handler.HELPERS.value}'
  AND (coalesce(o.terms ->> 'insured', 'false') = 'false'
    OR o.insured_until >= greatest({{today}}, (o.wanted_at AT TIME ZONE 'Asia/Shanghai')::date))
  AND coalesce({_WAY}, '') = ANY(string_to_array({{ways}}, ','))
  AND ({{asks}} = 0 OR o.urgency <> '{Urgency.NORMAL.value}' OR w.quiet_since IS NULL
    OR ({{minute}} - w.quiet_since + {DAY}) % {DAY} >= (w.quiet_until - w.quiet_since + {DAY}) % {DAY})"""
"""For helpers, who are insured for it where the terms ask for that, on a way of the batch's, and not in quiet hours when it asks.

``{ways}``: those it takes, an empty one for an order that follows none; ``{minute}``: of the China day.
"""

ORDERS = f"""
SELECT o.id, n.id, coalesce(n.asker_id, {NOBODY}), coalesce(n.submitted_by, {NOBODY}),
  hashtextextended(o.category, 0), jsonb_hash_extended(o.terms, 0), o.version,
  coalesce(o.lon, 'NaN'), coalesce(o.lat, 'NaN'), coalesce(o.wanted_at, '-infinity'),
  o.people_wanted, o.offer_minutes, coalesce((w.steps -> w.step ->> 'answer_minutes')::int, -1),
  coalesce((w.steps -> w.step ->> 'every_minutes')::int, -1),
  {_number("o.urgency", URGENCIES)}, {_number(_WAY, WAYS)},
  coalesce(w.quiet_since, -1)::smallint, coalesce(w.quiet_until, -1)::smallint, o.path
FROM orders o {_OF_NEED} LEFT JOIN order_ways w ON w.district_id = o.district_id AND w.order_id = o.id
WHERE {_HERE} AND {literal_in("n.state", OPEN_NEEDS)} AND {_ASKABLE} AND {_HAS_ROOM}
ORDER BY o.id LIMIT {{most}}"""  # noqa: S608 - literals of ours
ORDERS_KINDS = {
    **dict.fromkeys(("id", "need", "asker", "submitted_by"), KEY),
    "category": BIG,
    "terms": BIG,
    "version": BIG,
    "lon": FLOAT,
    "lat": FLOAT,
    "wanted_at": BIG,
    "wanted": INT,
    "offer_minutes": INT,
    "answer_minutes": INT,
    "every_minutes": INT,
    "urgency": SMALL,
    "way": SMALL,
    "quiet_since": SMALL,
    "quiet_until": SMALL,
}
"""Kinds of service and terms come as hashes of 64 bits: few are different, and each is read once (``OF_KIND``)."""
OF_KIND = "SELECT id, category, terms::text AS terms FROM orders WHERE district_id = $1 AND id = ANY($2::uuid[])"

TOUCHED = f"""
SELECT a.order_id, coalesce(a.person_id, {NOBODY}), a.slot,
  CASE WHEN {literal_in("a.state", ACTIVE | {AssignmentState.INVITED})} THEN 1 ELSE 0 END::smallint
FROM assignments a JOIN orders o ON o.district_id = a.district_id AND o.id = a.order_id
WHERE a.district_id = {{district}} AND {literal_in("a.state", BARRED)} AND {_HERE}"""  # noqa: S608
TOUCHED_KINDS = {"order": KEY, "person": KEY, "slot": INT, "takes": SMALL}
RESPONDENTS = """
SELECT need_id, coalesce(person_id, organization_id) FROM need_respondents
WHERE district_id = {district} AND cleared_at IS NULL"""
"""As ``services.need_respondents.against`` has them."""
RESPONDENTS_KINDS = {"need": KEY, "party": KEY}

PEOPLE = f"""
SELECT p.id, coalesce(p.organization_id, {NOBODY}), coalesce(u.parent_id, {NOBODY}),
  coalesce(p.lon, 'NaN'), coalesce(p.lat, 'NaN'), coalesce(p.load_limit, 0), coalesce(p.service_radius_m, -1), p.path
FROM people p LEFT JOIN organizations u ON u.district_id = p.district_id AND u.id = p.organization_id
WHERE p.district_id = {{district}} AND p.erased_at IS NULL AND p.merged_into_id IS NULL AND p.id IN ({_HELPS})
ORDER BY p.id"""  # noqa: S608
PEOPLE_KINDS = {"id": KEY, "unit": KEY, "above": KEY, "lon": FLOAT, "lat": FLOAT, "load_limit": INT, "radius_m": INT}
GRANTS = _HELPS.replace("SELECT person_id", "SELECT DISTINCT person_id, path")
GRANTS_KINDS = {"person": KEY}
KNOWN = f"""
SELECT p.id, {_number("s.skill", SKILLS)} FROM people p, unnest(p.skills) AS s(skill)
WHERE p.district_id = {{district}} AND p.id IN ({_HELPS})"""  # noqa: S608
KNOWN_KINDS = {"person": KEY, "skill": SMALL}
CERTIFICATES = f"""
SELECT person_id, {_number("skill", SKILLS)}, issued_on, coalesce(expires_on, 'infinity') FROM certificates
WHERE district_id = {{district}} AND verified_at IS NOT NULL AND withdrawn_at IS NULL
  AND issued_on <= {{last}} AND coalesce(expires_on, 'infinity') >= {{first}}"""  # noqa: S608
"""As ``services.certificates`` counts them, on any of the days of service."""
CERTIFICATES_KINDS = {"person": KEY, "skill": SMALL, "since": INT, "until": INT}
REFUSING = """
SELECT person_id FROM consents WHERE district_id = {district} AND purpose = 'matching' GROUP BY person_id
HAVING bool_and(withdrawn_at IS NOT NULL)"""
REFUSING_KINDS = {"person": KEY}

PAST = f"""
SELECT a.person_id, coalesce(n.asker_id, {NOBODY}), hashtextextended(o.category, 0),
  coalesce(CASE WHEN NOT o.rated_for_asker THEN o.rating END, 0)::smallint,
  (CASE WHEN {literal_in("a.state", UNFINISHED)} THEN {UNFINISHED_FLAG} ELSE 0 END
   + CASE WHEN a.state = 'invited' THEN {INVITED_FLAG} ELSE 0 END
   + CASE WHEN a.state = 'verified' THEN {DONE_FLAG} ELSE 0 END
   + CASE WHEN a.answer_by IS NOT NULL AND a.created_at > {{lately}} THEN {LATELY_FLAG} ELSE 0 END)::smallint
FROM assignments a {_OF_ORDER} {_OF_NEED}
WHERE a.district_id = {{district}} AND a.person_id IN ({_HELPS})
  AND (a.created_at > {{remembered}} OR {literal_in("a.state", UNFINISHED | {AssignmentState.INVITED})})"""  # noqa: S608
PAST_KINDS = {"person": KEY, "asker": KEY, "category": BIG, "rating": SMALL, "flags": SMALL}

PAIRINGS = f"""
SELECT coalesce(person_id, organization_id),
  (array_position(ARRAY[{", ".join(f"'{level.value}'" for level in NEAREST_FIRST)}], level::text) - 1)::smallint,
  starts_on, coalesce(ends_on, 'infinity'), path
FROM pairings WHERE district_id = {{district}} AND path >= {{low}} AND path < {{high}}
  AND starts_on <= {{last}} AND coalesce(ends_on, 'infinity') >= {{first}}
  AND (end_reason IS NULL OR end_reason <> 'mistake')"""  # noqa: S608
"""As ``services.pairings.valid_on`` has them, on any of the days of service."""
PAIRINGS_KINDS = {"party": KEY, "level": SMALL, "since": INT, "until": INT}

WINDOWS = (
    "SELECT person_id, weekday, from_minute, until_minute FROM availability_windows WHERE district_id = {district}"
)
WINDOWS_KINDS = {"person": KEY, "weekday": SMALL, "since": SMALL, "until": SMALL}
EXCEPTIONS = """
SELECT person_id, "on", free, from_minute, until_minute FROM availability_exceptions
WHERE district_id = $1 AND "on" BETWEEN $2 AND $3"""
_SHOWS = literal_in("s.state", frozenset({SignUpState.CONFIRMED, SignUpState.CHECKED_IN}))
BUSY = f"""
SELECT * FROM (
  SELECT a.person_id, o.wanted_at AS since,
    o.wanted_at + interval '1 minute' * coalesce((o.terms ->> 'service_minutes')::int, {SERVICE_MINUTES}) AS until
  FROM assignments a {_OF_ORDER}
  WHERE a.district_id = {{district}} AND {literal_in("a.state", UNFINISHED)} AND a.person_id IS NOT NULL
    AND o.wanted_at < {{last}}
  UNION ALL
  SELECT s.person_id, v.starts_at, v.ends_at
  FROM sign_ups s JOIN activities v ON v.district_id = s.district_id AND v.id = s.activity_id
  WHERE s.district_id = {{district}} AND {_SHOWS} AND v.starts_at < {{last}} AND s.person_id IS NOT NULL) AS held
WHERE until > {{first}}"""  # noqa: S608
"""Work in hand and places in activities that fall into the time of the orders."""
BUSY_KINDS = {"person": KEY, "since": BIG, "until": BIG}
