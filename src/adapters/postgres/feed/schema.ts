/**
 * What the tables keep for the feed: by which transaction a record was made, and by which it was written
 * last. `made` is the record's, `changed` the row's, and where a row has several records each has its own.
 *
 * Triggers keep that, so no statement can forget it. What is no news, such as that a task is due, leaves
 * it as it is. A record that is removed leaves what it said last.
 */
export const FEED = `
ALTER TABLE coord.space
  ADD store uuid NOT NULL DEFAULT gen_random_uuid(),
  ADD forgotten xid8 NOT NULL DEFAULT '0';  -- up to here, what was removed is forgotten

CREATE TABLE coord.gone (
  ns int NOT NULL REFERENCES coord.space,
  kind text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  body text NOT NULL,
  made xid8 NOT NULL,
  gone xid8 NOT NULL DEFAULT pg_current_xact_id(),
  at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX gone_when ON coord.gone (ns, gone);
CREATE INDEX gone_at ON coord.gone (ns, at);

ALTER TABLE coord.task
  ADD made xid8 NOT NULL DEFAULT '0',
  ADD claimed xid8 NOT NULL DEFAULT '0',   -- when it was claimed first
  ADD changed xid8 NOT NULL DEFAULT '0';
CREATE INDEX task_changed ON coord.task (ns, changed);

ALTER TABLE coord.reservation
  ADD made xid8 NOT NULL DEFAULT '0',
  ADD begun xid8 NOT NULL DEFAULT '0',     -- the first heartbeat,
  ADD beaten xid8 NOT NULL DEFAULT '0',    -- and the last
  ADD released xid8 NOT NULL DEFAULT '0',
  ADD changed xid8 NOT NULL DEFAULT '0';
CREATE INDEX reservation_changed ON coord.reservation (ns, changed);

ALTER TABLE coord.intent ADD made xid8 NOT NULL DEFAULT '0';
ALTER TABLE coord.intent ALTER made SET DEFAULT pg_current_xact_id();
CREATE INDEX intent_made ON coord.intent (ns, made);

CREATE FUNCTION coord.task_written() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    NEW.made := pg_current_xact_id();
    NEW.claimed := NEW.made;
    NEW.changed := NEW.made;
  ELSIF NEW.claim IS DISTINCT FROM OLD.claim THEN
    NEW.changed := pg_current_xact_id();
    IF OLD.claim IS NULL THEN
      NEW.claimed := NEW.changed;
    END IF;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER written BEFORE INSERT OR UPDATE OF claim ON coord.task
  FOR EACH ROW EXECUTE FUNCTION coord.task_written();

CREATE FUNCTION coord.reservation_written() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- One that is not confirmed is no record yet.
  IF TG_OP = 'INSERT' OR OLD.is_unsettled THEN
    NEW.made := pg_current_xact_id();
    NEW.begun := NEW.made;
    NEW.beaten := NEW.made;
    NEW.released := NEW.made;
    NEW.changed := NEW.made;
    RETURN NEW;
  END IF;
  IF NEW.heartbeat IS DISTINCT FROM OLD.heartbeat THEN
    NEW.beaten := pg_current_xact_id();
    NEW.changed := NEW.beaten;
    IF OLD.heartbeat IS NULL THEN
      NEW.begun := NEW.beaten;
    END IF;
  END IF;
  IF NEW.release IS DISTINCT FROM OLD.release THEN
    NEW.released := pg_current_xact_id();
    NEW.changed := NEW.released;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER written BEFORE INSERT OR UPDATE ON coord.reservation
  FOR EACH ROW EXECUTE FUNCTION coord.reservation_written();

CREATE FUNCTION coord.task_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO coord.gone (ns, kind, id, body, made)
  SELECT OLD.ns, r.kind, OLD.id, r.body, r.made
  FROM (VALUES ('task', OLD.body, OLD.made), ('claim', OLD.claim, OLD.claimed)) AS r(kind, body, made)
  WHERE r.body IS NOT NULL;
  RETURN NULL;
END $$;
CREATE TRIGGER gone AFTER DELETE ON coord.task
  FOR EACH ROW EXECUTE FUNCTION coord.task_gone();

CREATE FUNCTION coord.reservation_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO coord.gone (ns, kind, id, body, made)
  SELECT OLD.ns, r.kind, OLD.id, r.body, r.made
  FROM (VALUES ('reservation', OLD.body, OLD.made), ('heartbeat', OLD.heartbeat, OLD.begun),
    ('release', OLD.release, OLD.released)) AS r(kind, body, made)
  WHERE r.body IS NOT NULL;
  RETURN NULL;
END $$;
CREATE TRIGGER gone AFTER DELETE ON coord.reservation
  FOR EACH ROW WHEN (NOT OLD.is_unsettled) EXECUTE FUNCTION coord.reservation_gone();

CREATE FUNCTION coord.intent_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO coord.gone (ns, kind, id, body, made)
  VALUES (OLD.ns, 'intent', OLD.id, OLD.body, OLD.made);
  RETURN NULL;
END $$;
CREATE TRIGGER gone AFTER DELETE ON coord.intent
  FOR EACH ROW EXECUTE FUNCTION coord.intent_gone();
`;

/** What a new state of the task `t` changes for the feed, in SQL. */
export const NEWS = "changed = pg_current_xact_id(), " +
  "claimed = CASE WHEN t.claim IS NULL THEN pg_current_xact_id() ELSE t.claimed END";
