"""The statements with which a batch of dispatch asks: many orders at once, each looked at anew. ``$1`` is the district."""

from app.domain.assignments import UNFINISHED, AssignmentState
from app.domain.audit import Caller, Outcome
from app.domain.consents import Purpose
from app.domain.dispatch import Obstacle
from app.domain.dispatch_ways import Way
from app.domain.people import HELPERS
from app.models.base import literal_in
from app.services.dispatch_batches_sql import OPEN

_HELD = literal_in("state", UNFINISHED | {AssignmentState.INVITED})

JOINED_AS_SETS = "SET LOCAL enable_nestloop = off; SET LOCAL plan_cache_mode = force_generic_plan"
"""Nothing tells the planner how long the lists of ``INVITE`` are: it takes them for short, and would go through each for each. And
one plan is as good as another for each of them: making it costs as much as twenty orders."""
INVITE = f"""
WITH wanted AS (
  SELECT * FROM unnest($2::uuid[], $3::bigint[], $4::timestamptz[], $5::uuid[], $6::uuid[], $7::uuid[], $8::uuid[], $9::int[],
      $28::timestamptz[])
    AS w(order_id, version, answer_by, order_event, need_event, clock, clock_mark, limit_number, next_wave)),
pairs AS (
  SELECT * FROM unnest($10::uuid[], $11::uuid[], $12::int[], $13::int[], $14::uuid[], $15::uuid[], $16::text[])
    AS p(order_id, person_id, slot, spare, id, event, choice)),
limits AS (
  SELECT * FROM unnest($20::int[], $21::text[], $22::interval[], $23::text[], $24::timestamptz[], $25::timestamptz[], $26::int[])
    AS l(number, unit, limit_time, source, warn_at, due_at, awaits_year)),
locked AS (
  SELECT o.id, n.id AS need_id, n.state AS need_state, o.state AS before, o.path, w.*
  FROM wanted w JOIN orders o ON o.district_id = $1 AND o.id = w.order_id
    JOIN needs n ON n.district_id = o.district_id AND n.id = o.need_id
  WHERE o.id = ANY($2::uuid[]) AND n.id = ANY($19::uuid[]) AND o.version = w.version AND {OPEN}
  ORDER BY n.id, o.id FOR UPDATE OF n, o SKIP LOCKED),
held AS (
  SELECT person_id, count(*) AS held FROM assignments
  WHERE district_id = $1 AND person_id = ANY($11::uuid[]) AND {_HELD} AND NOT (invited_by IS NULL AND created_at = $17)
  GROUP BY person_id),
here AS (
  SELECT p.*, l.path, l.need_id, who.organization_id FROM pairs p JOIN locked l ON l.id = p.order_id
  JOIN people who ON who.district_id = $1 AND who.id = p.person_id AND who.id = ANY($11::uuid[])
    AND who.merged_into_id IS NULL AND who.erased_at IS NULL),
helping AS (
  SELECT DISTINCT h.id FROM here h JOIN grants g ON g.district_id = $1 AND g.person_id = h.person_id
    AND g.person_id = ANY($11::uuid[]) AND starts_with(h.path, g.path)
  WHERE {literal_in("g.role", HELPERS)} AND g.starts_at <= $29 AND (g.ends_at IS NULL OR g.ends_at > $29)),
refusing AS (
  SELECT person_id FROM consents WHERE district_id = $1 AND purpose = '{Purpose.MATCHING.value}' AND person_id = ANY($11::uuid[])
  GROUP BY person_id HAVING bool_and(withdrawn_at IS NOT NULL)),
concerned AS (
  SELECT DISTINCT h.id FROM here h JOIN need_respondents r ON r.district_id = $1 AND r.need_id = h.need_id AND r.cleared_at IS NULL
    AND (r.person_id = h.person_id OR r.organization_id = h.organization_id)),
looked AS (
  SELECT p.*, CASE
    WHEN p.order_id NOT IN (SELECT id FROM locked) THEN ''
    WHEN g.id IS NULL THEN '{Obstacle.NOT_A_HELPER.value}'
    WHEN c.id IS NOT NULL THEN '{Obstacle.RESPONDENT.value}'
    WHEN f.person_id IS NOT NULL THEN '{Obstacle.REFUSES.value}'
    WHEN h.held > p.spare THEN '{Obstacle.LOAD.value}' END AS obstacle
  FROM pairs p LEFT JOIN helping g ON g.id = p.id LEFT JOIN concerned c ON c.id = p.id
    LEFT JOIN refusing f ON f.person_id = p.person_id LEFT JOIN held h ON h.person_id = p.person_id),
kept AS (SELECT * FROM looked WHERE obstacle IS NULL),
moved AS (
  UPDATE orders o SET state = 'offered', next_offer_at = NULL, version = o.version + 1, updated_at = $17
  FROM locked l WHERE o.district_id = $1 AND o.id = ANY($2::uuid[]) AND o.id = l.id AND l.id IN (SELECT order_id FROM kept)
  RETURNING o.id, o.path, o.version, o.round, o.community_id, o.grid_id, l.need_id, l.need_state, l.answer_by, l.order_event,
    l.need_event, l.clock, l.clock_mark, l.limit_number, l.next_wave, l.before, o.auto_offer),
on_way AS (
  UPDATE order_ways w SET waves = w.waves + 1, began_at = coalesce(w.began_at, $17), asked_at = $17, due_at = m.next_wave
  FROM moved m WHERE w.district_id = $1 AND w.order_id = ANY($2::uuid[]) AND w.order_id = m.id
    AND m.auto_offer AND w.steps -> w.step ->> 'way' = '{Way.WAVES.value}'),
serving AS (
  UPDATE needs n SET state = 'in_service', version = n.version + 1, updated_at = $17
  FROM (SELECT DISTINCT ON (need_id) need_id, id, need_event FROM moved WHERE need_state = 'accepted' ORDER BY need_id, id) m
  WHERE n.district_id = $1 AND n.id = ANY($19::uuid[]) AND n.id = m.need_id
  RETURNING n.id, n.path, n.version, m.id AS order_id, m.need_event),
invited AS (
  INSERT INTO assignments (district_id, id, order_id, path, slot, person_id, state, invited_by, answer_by, choice, version,
    created_at, updated_at)
  SELECT $1, k.id, m.id, m.path, k.slot, k.person_id, 'invited', NULL, m.answer_by, k.choice::jsonb, 1, $17, $17
  FROM kept k JOIN moved m ON m.id = k.order_id),
signing AS (
  INSERT INTO clocks (district_id, id, kind, subject, subject_id, round, path, community_id, grid_id, state, level, unit,
    limit_time, source, extended_time, left_time, counted_from, started_at, warn_at, due_at, next_at, awaits_year, stale, version,
    updated_at)
  SELECT $1, m.clock, 'sign', 'order', m.id, m.round, m.path, m.community_id, m.grid_id, 'running', 0, l.unit,
    l.limit_time, l.source, interval '0', l.limit_time, $17, $17, l.warn_at, l.due_at, l.warn_at, l.awaits_year, false, 0, $17
  FROM moved m JOIN limits l ON l.number = m.limit_number ON CONFLICT DO NOTHING RETURNING id, unit, limit_time, source),
marked AS (
  INSERT INTO clock_marks (district_id, id, clock_id, at, mark, cause, time, unit, source)
  SELECT $1, m.clock_mark, s.id, $17, 'start', 'offer', s.limit_time, s.unit, s.source
  FROM signing s JOIN moved m ON m.clock = s.id),
told AS (
  INSERT INTO events (district_id, id, aggregate, aggregate_id, seq, action, source, target, path, data, at)
  SELECT $1, k.event, 'assignment', k.id, 1, 'invite', NULL, 'invited', m.path,
    jsonb_build_object('person_id', k.person_id, 'order_id', m.id), $17
  FROM kept k JOIN moved m ON m.id = k.order_id
  UNION ALL
  SELECT $1, m.order_event, 'order', m.id, m.version, 'offer', m.before, 'offered', m.path,
    jsonb_build_object('people', p.people, 'answer_by', m.answer_by, 'words', NULL, 'batch_id', $18::uuid), $17
  FROM moved m JOIN (SELECT order_id, jsonb_agg(person_id ORDER BY slot) AS people FROM kept GROUP BY order_id) p
    ON p.order_id = m.id
  UNION ALL
  SELECT $1, s.need_event, 'need', s.id, s.version, 'dispatch', 'accepted', 'in_service', s.path,
    jsonb_build_object('order_id', s.order_id), $17 FROM serving s
  RETURNING id),
sent AS (INSERT INTO outbox (district_id, id) SELECT $1, id FROM told),
noted AS (
  INSERT INTO audit_entries (district_id, id, at, caller, operation, outcome, subject_id, opened, data)
  SELECT $1, $27::uuid, $17, '{Caller.SYSTEM.value}', 'dispatch_batch.invite', '{Outcome.DONE.value}', $18::uuid, '{{}}',
    jsonb_build_object('orders', jsonb_agg(id ORDER BY id)) FROM moved HAVING count(*) > 0
  RETURNING id),
waiting AS (INSERT INTO audit_waiting (district_id, id) SELECT $1, id FROM noted)
SELECT id, obstacle FROM looked WHERE obstacle IS NOT NULL"""  # noqa: S608
"""Ask for many orders at once, in one statement that looks anew at each: its version and state, locked, and what each person holds.

An order that somebody has in hand at this moment, or that has changed since it was read, is left out; so is whom the need complains
about since then, who helps there no more or wishes not to be matched, and whoever has taken on so much meanwhile that they could
not hold what the batch asks of them before and here (``spare``; what this very batch has asked, all at one moment, is counted in
that already). Nobody is waited for. It answers who was left out, by the id of the invitation there would have been, and why;
nothing is said where it is for the order's sake.

Where the order's chain is at waves, this is one of them: the next is due when it would be after any other.
"""
CHOOSE = """
INSERT INTO dispatch_choices (district_id, id, batch_id, order_id, path, result, choices, created_at)
SELECT $1, c.id, $2, c.order_id, c.path, $3, c.choices::jsonb, $4
FROM unnest($5::uuid[], $6::uuid[], $7::text[], $8::text[]) AS c(id, order_id, path, choices)"""
