"""The floor's statements, written by hand."""

FIELDS = """
id need_id state title category urgency people_wanted people_accepted round wanted_at due_at place_id community_id grid_id
lon lat auto_offer offer_minutes suspended_at suspend_reason planned_until obstacle measures result risks outcome rating
rating_words reported_at closed_at closed_by_system version created_at updated_at
""".split()  # noqa: SIM905 - one name a word reads better than one a line
_COLUMNS = ", ".join(f"o.{name}" for name in FIELDS)

ACTOR = """
SELECT p.organization_id, g.role, g.place_id, g.path, g.place_kind
FROM accounts a
JOIN people p ON p.district_id = a.district_id AND p.id = a.person_id
JOIN sign_ins s ON s.district_id = a.district_id AND s.id = $3 AND s.account_id = a.id AND s.ended_at IS NULL
LEFT JOIN grants g ON g.district_id = p.district_id AND g.person_id = p.id
  AND g.starts_at <= $2 AND (g.ends_at IS NULL OR g.ends_at > $2)
WHERE a.id = $1 AND a.disabled_at IS NULL"""

ORDER = """
SELECT o.district_id, o.state, o.category, o.path, o.people_wanted, o.people_accepted, o.version,
  n.asker_id = $2 OR n.submitted_by = $2 AS is_asker, p.skills,
  (SELECT jsonb_agg(jsonb_build_object('slot', a.slot, 'state', a.state, 'person_id', a.person_id))
   FROM assignments a WHERE a.district_id = o.district_id AND a.order_id = o.id) AS assignments,
  (SELECT array_agg(m.load_slot) FROM assignments m WHERE m.district_id = o.district_id AND m.person_id = $2
   AND m.state IN ('accepted', 'checked_in')) AS load_slots,
  k.fingerprint, k.status, k.headers, k.body AS kept
FROM orders o
JOIN needs n ON n.district_id = o.district_id AND n.id = o.need_id
JOIN people p ON p.district_id = o.district_id AND p.id = $2
LEFT JOIN idempotency_keys k ON k.district_id = o.district_id AND k.caller_id = $2 AND k.key = $3
WHERE o.id = $1"""

MOVE = f"""
UPDATE orders o SET state = $4, people_accepted = people_accepted + 1, version = version + 1, updated_at = $5
WHERE district_id = $1 AND id = $2 AND version = $3
RETURNING {_COLUMNS}"""  # noqa: S608 - column names written above

ASSIGN = """
INSERT INTO assignments (district_id, id, order_id, path, slot, load_slot, person_id, state, accepted_at, version,
  created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, 'accepted', $8, 1, $8, $8)"""

EVENTS = """
INSERT INTO events (district_id, id, aggregate, aggregate_id, seq, action, source, target, actor_id, path, data, at)
VALUES ($1, $2, 'order', $3, $4, 'take', $5, $6, $7, $8, $9, $10),
  ($1, $11, 'assignment', $12, 1, 'take', NULL, 'accepted', $7, $8, $9, $10)"""

OUTBOX = "INSERT INTO outbox (district_id, id) VALUES ($1, $2), ($1, $3)"

NOTE = """
WITH entry AS (INSERT INTO audit_entries (district_id, id, at, caller, actor_id, sign_in_id, address, operation, outcome, status,
    subject_id, opened, data)
  VALUES ($1, $2, $3, 'person', $4, $5, $6, 'order_take', 'done', 200, $7, '{}', '{}')
  RETURNING district_id, id)
INSERT INTO audit_waiting (district_id, id) SELECT district_id, id FROM entry"""

KEEP = """
INSERT INTO idempotency_keys (district_id, caller_id, key, fingerprint, status, headers, body, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"""

_KEYS = {"id", "need_id", "place_id", "community_id", "grid_id"}
_SHOWN = ", ".join(f"o.{name}::text AS {name}" if name in _KEYS else f"o.{name}" for name in FIELDS)
_PAGE = f"""
SELECT {_SHOWN}, o.path,
  n.asker_id = $1 OR n.submitted_by = $1 AS is_asker,
  (SELECT true FROM need_followers f WHERE f.district_id = o.district_id AND f.need_id = o.need_id AND f.person_id = $1
    LIMIT 1) AS is_follower,
  (SELECT a.state FROM assignments a WHERE a.district_id = o.district_id AND a.order_id = o.id AND a.person_id = $1
    ORDER BY a.id DESC LIMIT 1) AS my_state
FROM orders o JOIN needs n ON n.district_id = o.district_id AND n.id = o.need_id
WHERE o.community_id = $2"""  # noqa: S608 - column names written above


def page(limit: int, *, after: bool) -> str:
    """A page of one community's orders. The limit stands in the text, so that one plan serves every execution.

    Without the unit's relation: whoever acts for a unit is refused.
    """
    return f"{_PAGE}{' AND o.id < $3' if after else ''} ORDER BY o.id DESC LIMIT {limit:d}"
