-- The first schema. Nothing exists yet, so no lock matters.
-- Every table and key leads with tenant_id; personal values are sealed (bytea), keys are HMACs; times are microseconds
-- since the epoch, UTC. Facts: node, link, evidence, source_record, contact, interaction, consent, preference, request,
-- answer_check. Derived: profile, node.profile_id, node.shared, contact.anchor_node, conversation.owner_node, fact.holder, promise.holder,
-- review, blocking_key, value_count. Merge_rate and breaker are facts. A contact is apart where nothing but a reference put it into its conversation, or where it is chained to two customers: it sees only its own.

CREATE TABLE node (
    tenant_id text COLLATE "C" NOT NULL,
    node_id uuid NOT NULL,
    namespace text COLLATE "C" NOT NULL,
    scope text COLLATE "C" NOT NULL,
    key bytea NOT NULL,
    epoch integer NOT NULL,
    value bytea NOT NULL,
    established boolean NOT NULL,
    superseded boolean NOT NULL DEFAULT false,
    shared smallint NOT NULL DEFAULT 0,
    fan_out smallint NOT NULL DEFAULT 0,
    profile_id uuid,
    core_id uuid NOT NULL,
    first_time_us bigint NOT NULL,
    last_time_us bigint NOT NULL,
    ended_time_us bigint,
    renewed boolean NOT NULL DEFAULT false,
    anew_time_us bigint,
    anew_record uuid,
    ruled_shared boolean,
    CONSTRAINT node_pkey PRIMARY KEY (tenant_id, node_id) INCLUDE (profile_id),
    CONSTRAINT node_key_epoch UNIQUE (tenant_id, key, epoch),
    CONSTRAINT node_key_length CHECK (octet_length(key) = 32)
) WITH (autovacuum_vacuum_insert_scale_factor = 0.05);
CREATE INDEX node_profile ON node (tenant_id, profile_id);
-- Matching asks whose many records are, and which records few profiles have: from the indexes alone, where vacuum has
-- been, which therefore comes oftener than usual.
CREATE INDEX node_record ON node (tenant_id, profile_id) INCLUDE (node_id) WHERE namespace LIKE 'record/%';

CREATE TABLE link (
    tenant_id text COLLATE "C" NOT NULL,
    node_a uuid NOT NULL,
    node_b uuid NOT NULL,
    kind text COLLATE "C" NOT NULL,
    channel text COLLATE "C" NOT NULL,
    assurance_a smallint NOT NULL,
    assurance_b smallint NOT NULL,
    state text COLLATE "C" NOT NULL,
    first_time_us bigint NOT NULL,
    last_time_us bigint NOT NULL,
    times_seen bigint NOT NULL,
    probability real,
    model text COLLATE "C",
    depends_on uuid[] NOT NULL DEFAULT '{}',
    CONSTRAINT link_pkey PRIMARY KEY (tenant_id, node_a, node_b, kind, channel, assurance_a, assurance_b),
    CONSTRAINT link_ends_ordered CHECK (node_a < node_b),
    CONSTRAINT link_state CHECK (state IN ('active', 'contested', 'ended', 'withdrawn'))
);
CREATE INDEX link_other_end ON link (tenant_id, node_b);

CREATE TABLE evidence (
    tenant_id text COLLATE "C" NOT NULL,
    subject_id uuid NOT NULL,
    node_id uuid NOT NULL,
    role smallint NOT NULL,
    assurance smallint NOT NULL,
    method text COLLATE "C" NOT NULL,
    channel text COLLATE "C" NOT NULL,
    occur_time_us bigint NOT NULL,
    proof_time_us bigint NOT NULL DEFAULT 0,
    person smallint NOT NULL DEFAULT 0,
    withdrawn boolean NOT NULL DEFAULT false,
    settle_time_us bigint,
    end_time_us bigint,
    CONSTRAINT evidence_pkey PRIMARY KEY (tenant_id, subject_id, node_id)
);
CREATE INDEX evidence_node ON evidence (tenant_id, node_id, occur_time_us);
CREATE INDEX evidence_sign ON evidence (tenant_id, node_id, proof_time_us) WHERE assurance >= 3 AND NOT withdrawn;
CREATE INDEX evidence_former ON evidence (tenant_id, node_id) WHERE end_time_us IS NOT NULL;
CREATE INDEX evidence_settle ON evidence (tenant_id, settle_time_us) WHERE settle_time_us IS NOT NULL;

CREATE TABLE source_record (
    tenant_id text COLLATE "C" NOT NULL,
    node_id uuid NOT NULL,
    source text COLLATE "C" NOT NULL,
    attributes bytea NOT NULL,
    features bytea NOT NULL,
    occur_time_us bigint NOT NULL,
    source_revision bigint NOT NULL DEFAULT 0,
    digest bytea NOT NULL DEFAULT '',
    CONSTRAINT source_record_pkey PRIMARY KEY (tenant_id, node_id)
);

CREATE INDEX source_record_source ON source_record (tenant_id, source);

-- A record that no longer stated some identifiers: `taken`; or its source took back too much at once, and they are to be
-- restored (`undo`), or were kept (`kept`).
CREATE TABLE take_back (
    tenant_id text COLLATE "C" NOT NULL,
    record_node uuid NOT NULL,
    time_us bigint NOT NULL,
    source text COLLATE "C" NOT NULL,
    nodes uuid[] NOT NULL,
    state text COLLATE "C" NOT NULL,
    CONSTRAINT take_back_pkey PRIMARY KEY (tenant_id, record_node, time_us),
    CONSTRAINT take_back_state CHECK (state IN ('taken', 'undo', 'kept'))
);
CREATE INDEX take_back_source ON take_back (tenant_id, source, time_us);
CREATE INDEX take_back_undo ON take_back (tenant_id, time_us) WHERE state = 'undo';

-- What callers spent of what is counted by the hour, over all processes and machines.
CREATE TABLE budget (
    tenant_id text COLLATE "C" NOT NULL,
    caller text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    hour bigint NOT NULL,
    taken bigint NOT NULL,
    CONSTRAINT budget_pkey PRIMARY KEY (tenant_id, caller, kind, hour)
);

-- Equality keys of a record's attributes, keyed hashes: records that share one are compared.
CREATE TABLE blocking_key (
    tenant_id text COLLATE "C" NOT NULL,
    key bytea NOT NULL,
    node_id uuid NOT NULL,
    CONSTRAINT blocking_key_pkey PRIMARY KEY (tenant_id, key, node_id),
    CONSTRAINT blocking_key_length CHECK (octet_length(key) = 32)
) WITH (autovacuum_vacuum_insert_scale_factor = 0.05);
CREATE INDEX blocking_key_node ON blocking_key (tenant_id, node_id);

-- How many distinct people have a value. Every connection counts in a slot of its own, so that writers do not wait for
-- each other on a common value; the count is the sum over the slots.
CREATE TABLE value_count (
    tenant_id text COLLATE "C" NOT NULL,
    key bytea NOT NULL,
    slot smallint NOT NULL,
    people bigint NOT NULL,
    CONSTRAINT value_count_pkey PRIMARY KEY (tenant_id, key, slot),
    CONSTRAINT value_count_length CHECK (octet_length(key) = 32)
);

-- How many changes there were within an hour of event time, and how many profiles they merged; in slots, as above.
CREATE TABLE merge_rate (
    tenant_id text COLLATE "C" NOT NULL,
    hour bigint NOT NULL,
    slot smallint NOT NULL,
    changes bigint NOT NULL,
    merges bigint NOT NULL,
    CONSTRAINT merge_rate_pkey PRIMARY KEY (tenant_id, hour, slot)
);

-- The merge breaker: from when it tripped until a steward lifted it, profiles are not merged but reviewed.
CREATE TABLE breaker (
    tenant_id text COLLATE "C" NOT NULL,
    breaker_id uuid NOT NULL,
    hour bigint NOT NULL,
    changes bigint NOT NULL,
    merges bigint NOT NULL,
    usual_share real NOT NULL,
    trip_time_us bigint NOT NULL,
    lift_time_us bigint,
    CONSTRAINT breaker_pkey PRIMARY KEY (tenant_id, breaker_id)
);
CREATE UNIQUE INDEX breaker_tripped ON breaker (tenant_id) WHERE lift_time_us IS NULL;
CREATE INDEX breaker_hour ON breaker (tenant_id, hour);

CREATE TABLE profile (
    tenant_id text COLLATE "C" NOT NULL,
    profile_id uuid NOT NULL,
    founder_node uuid,
    founder_contact uuid,
    state text COLLATE "C" NOT NULL,
    heirs uuid[] NOT NULL DEFAULT '{}',
    create_time_us bigint NOT NULL,
    expire_time_us bigint,
    revision bigint NOT NULL,
    CONSTRAINT profile_pkey PRIMARY KEY (tenant_id, profile_id),
    CONSTRAINT profile_state CHECK (state IN ('live', 'redirected', 'split')),
    CONSTRAINT profile_one_founder CHECK ((founder_node IS NULL) <> (founder_contact IS NULL))
);
CREATE INDEX profile_founder ON profile (tenant_id, founder_node);
CREATE INDEX profile_expiry ON profile (tenant_id, expire_time_us) WHERE expire_time_us IS NOT NULL AND state = 'live';

CREATE TABLE preference (
    tenant_id text COLLATE "C" NOT NULL,
    node_id uuid NOT NULL,
    key text COLLATE "C" NOT NULL,
    value bytea,
    occur_time_us bigint NOT NULL,
    CONSTRAINT preference_pkey PRIMARY KEY (tenant_id, node_id, key)
);

CREATE TABLE consent (
    tenant_id text COLLATE "C" NOT NULL,
    consent_id uuid NOT NULL,
    node_id uuid NOT NULL,
    purpose text COLLATE "C" NOT NULL,
    channel text COLLATE "C" NOT NULL,
    brand text COLLATE "C" NOT NULL,
    granted boolean NOT NULL,
    worth smallint NOT NULL,
    occur_time_us bigint NOT NULL,
    record_time_us bigint NOT NULL,
    CONSTRAINT consent_pkey PRIMARY KEY (tenant_id, consent_id)
);
CREATE INDEX consent_node ON consent (tenant_id, node_id);

CREATE TABLE conversation (
    tenant_id text COLLATE "C" NOT NULL,
    conversation_id uuid NOT NULL,
    brand text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL,
    founder uuid,
    departed uuid[] NOT NULL DEFAULT '{}',
    owner_contact uuid NOT NULL,
    owner_node uuid,
    open_time_us bigint NOT NULL,
    last_time_us bigint NOT NULL,
    close_time_us bigint,
    revision bigint NOT NULL,
    CONSTRAINT conversation_pkey PRIMARY KEY (tenant_id, conversation_id),
    CONSTRAINT conversation_state CHECK (state IN ('open', 'closed'))
);
CREATE INDEX conversation_owner ON conversation (tenant_id, owner_node, last_time_us) WHERE state = 'open';
-- The tenant comes second, so that nothing but the sweep can use it.
CREATE INDEX conversation_idle ON conversation (last_time_us, tenant_id) WHERE state = 'open';
CREATE INDEX conversation_founder ON conversation (tenant_id, founder);
CREATE INDEX conversation_owner_contact ON conversation (tenant_id, owner_contact);

CREATE TABLE contact (
    tenant_id text COLLATE "C" NOT NULL,
    contact_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    key bytea NOT NULL,
    source text COLLATE "C" NOT NULL,
    channel text COLLATE "C" NOT NULL,
    direction smallint NOT NULL,
    initiation smallint NOT NULL,
    brand text COLLATE "C" NOT NULL,
    start_time_us bigint NOT NULL,
    end_time_us bigint,
    last_time_us bigint NOT NULL,
    anchor_node uuid,
    anchor_assurance smallint NOT NULL,
    ambiguous boolean NOT NULL,
    shared boolean NOT NULL,
    corrected boolean NOT NULL DEFAULT false,
    corrected_node uuid,
    ruled_out uuid[] NOT NULL DEFAULT '{}',
    told_conversation uuid,
    told_node uuid,
    persons bigint[] NOT NULL DEFAULT '{}',
    legs uuid[] NOT NULL DEFAULT '{}',
    listens uuid,
    channel_change boolean NOT NULL,
    apart boolean NOT NULL,
    threading smallint NOT NULL,
    start_digest bytea,
    end_digest bytea,
    payload bytea NOT NULL,
    ending bytea,
    updates integer NOT NULL DEFAULT 0,
    updated bytea,
    visibility smallint NOT NULL DEFAULT 0,
    answer json,
    CONSTRAINT contact_pkey PRIMARY KEY (tenant_id, contact_id),
    CONSTRAINT contact_key UNIQUE (tenant_id, key),
    CONSTRAINT contact_key_length CHECK (octet_length(key) = 32)
);
CREATE INDEX contact_conversation ON contact (tenant_id, conversation_id, start_time_us);
CREATE INDEX contact_anchor ON contact (tenant_id, anchor_node, start_time_us);
CREATE INDEX contact_live ON contact (tenant_id, start_time_us, contact_id, source) WHERE end_time_us IS NULL;

CREATE TABLE reference (
    tenant_id text COLLATE "C" NOT NULL,
    key bytea NOT NULL,
    contact_id uuid NOT NULL,
    time_us bigint NOT NULL,
    CONSTRAINT reference_pkey PRIMARY KEY (tenant_id, key, contact_id)
);
CREATE INDEX reference_contact ON reference (tenant_id, contact_id);
CREATE INDEX reference_latest ON reference (tenant_id, key, time_us);

CREATE TABLE naming (
    tenant_id text COLLATE "C" NOT NULL,
    contact_id uuid NOT NULL,
    place smallint NOT NULL,
    how smallint NOT NULL,
    key bytea NOT NULL,
    one_desk boolean NOT NULL,
    CONSTRAINT naming_pkey PRIMARY KEY (tenant_id, contact_id, place)
);
CREATE INDEX naming_key ON naming (tenant_id, key);

CREATE TABLE act (
    tenant_id text COLLATE "C" NOT NULL,
    act_id uuid NOT NULL,
    kind smallint NOT NULL,
    time_us bigint NOT NULL,
    contacts uuid[] NOT NULL,
    customer_node uuid,
    withdrawn boolean NOT NULL DEFAULT false,
    CONSTRAINT act_pkey PRIMARY KEY (tenant_id, act_id)
);

CREATE TABLE act_contact (
    tenant_id text COLLATE "C" NOT NULL,
    contact_id uuid NOT NULL,
    act_id uuid NOT NULL,
    CONSTRAINT act_contact_pkey PRIMARY KEY (tenant_id, contact_id, act_id)
);

-- Codes, keyed, by which customers go on elsewhere.
CREATE TABLE carry_over (
    tenant_id text COLLATE "C" NOT NULL,
    key bytea NOT NULL,
    contact_id uuid NOT NULL,
    expire_time_us bigint NOT NULL,
    CONSTRAINT carry_over_pkey PRIMARY KEY (tenant_id, key)
);
CREATE INDEX carry_over_expire ON carry_over (tenant_id, expire_time_us);

CREATE TABLE thread_pending (
    tenant_id text COLLATE "C" NOT NULL,
    contact_id uuid NOT NULL,
    CONSTRAINT thread_pending_pkey PRIMARY KEY (tenant_id, contact_id)
);

CREATE TABLE interaction (
    tenant_id text COLLATE "C" NOT NULL,
    interaction_id uuid NOT NULL,
    source_revision bigint NOT NULL,
    key bytea NOT NULL,
    contact_id uuid NOT NULL,
    kind smallint NOT NULL,
    channel text COLLATE "C" NOT NULL,
    occur_time_us bigint NOT NULL,
    sequence bigint NOT NULL,
    record_time_us bigint NOT NULL,
    digest bytea NOT NULL,
    payload bytea NOT NULL,
    current boolean NOT NULL,
    intends boolean NOT NULL,
    speaks smallint NOT NULL DEFAULT 0,
    CONSTRAINT interaction_pkey PRIMARY KEY (tenant_id, key, source_revision)
);
CREATE INDEX interaction_contact ON interaction (tenant_id, contact_id, occur_time_us, sequence, interaction_id) WHERE current;
CREATE INDEX interaction_intent ON interaction (tenant_id, contact_id, occur_time_us, sequence) WHERE current AND intends;

CREATE TABLE fact (
    tenant_id text COLLATE "C" NOT NULL,
    contact_id uuid NOT NULL,
    key text COLLATE "C" NOT NULL,
    value bytea NOT NULL,
    how_known smallint NOT NULL,
    withdrawn boolean NOT NULL,
    expire_time_us bigint,
    occur_time_us bigint NOT NULL,
    aside boolean NOT NULL,
    holder uuid NOT NULL,
    said_by bytea NOT NULL,
    CONSTRAINT fact_pkey PRIMARY KEY (tenant_id, contact_id, key, said_by)
);
CREATE INDEX fact_holder ON fact (tenant_id, holder);
CREATE INDEX fact_said_by ON fact (tenant_id, said_by);

CREATE TABLE promise (
    tenant_id text COLLATE "C" NOT NULL,
    contact_id uuid NOT NULL,
    key text COLLATE "C" NOT NULL,
    what bytea,
    due_time_us bigint,
    state smallint NOT NULL,
    occur_time_us bigint NOT NULL,
    holder uuid NOT NULL,
    said_by bytea NOT NULL,
    CONSTRAINT promise_pkey PRIMARY KEY (tenant_id, contact_id, key, said_by)
);
CREATE INDEX promise_holder ON promise (tenant_id, holder);
CREATE INDEX promise_said_by ON promise (tenant_id, said_by);

CREATE TABLE answer_check (
    tenant_id text COLLATE "C" NOT NULL,
    check_id uuid NOT NULL,
    contact_id uuid NOT NULL,
    attribute text COLLATE "C" NOT NULL,
    matched boolean NOT NULL,
    node_id uuid,
    worth smallint NOT NULL,
    needed smallint NOT NULL,
    address uuid,
    void boolean NOT NULL DEFAULT false,
    occur_time_us bigint NOT NULL,
    record_time_us bigint NOT NULL,
    CONSTRAINT answer_check_pkey PRIMARY KEY (tenant_id, check_id)
);
CREATE INDEX answer_check_contact ON answer_check (tenant_id, contact_id);
CREATE INDEX answer_check_node ON answer_check (tenant_id, node_id, record_time_us) WHERE NOT matched;
CREATE INDEX answer_check_address ON answer_check (tenant_id, address, record_time_us) WHERE NOT matched;

CREATE TABLE request (
    tenant_id text COLLATE "C" NOT NULL,
    key bytea NOT NULL,
    digest bytea NOT NULL,
    answer json NOT NULL,
    record_time_us bigint NOT NULL,
    CONSTRAINT request_pkey PRIMARY KEY (tenant_id, key)
);

CREATE TABLE review (
    tenant_id text COLLATE "C" NOT NULL,
    review_id uuid NOT NULL,
    reason text COLLATE "C" NOT NULL,
    node_a uuid NOT NULL,
    node_b uuid NOT NULL,
    probability real,
    open_time_us bigint NOT NULL,
    close_time_us bigint,
    source text COLLATE "C",
    waits boolean NOT NULL DEFAULT false,
    CONSTRAINT review_pkey PRIMARY KEY (tenant_id, review_id),
    CONSTRAINT review_question UNIQUE (tenant_id, node_a, node_b, reason)
);
CREATE INDEX review_open ON review (tenant_id, open_time_us, review_id) WHERE close_time_us IS NULL;
CREATE INDEX review_other_end ON review (tenant_id, node_b);
CREATE INDEX review_source ON review (tenant_id, source, open_time_us) WHERE NOT waits AND source IS NOT NULL;
CREATE INDEX review_waiting ON review (tenant_id, source, open_time_us) WHERE waits;

CREATE TABLE audit (
    tenant_id text COLLATE "C" NOT NULL,
    entry_id uuid NOT NULL,
    sequence bigint,
    chain bytea,
    kind text COLLATE "C" NOT NULL,
    caller text COLLATE "C" NOT NULL,
    method text COLLATE "C" NOT NULL,
    policy text COLLATE "C" NOT NULL,
    subject json NOT NULL,
    record_time_us bigint NOT NULL,
    CONSTRAINT audit_pkey PRIMARY KEY (tenant_id, entry_id),
    CONSTRAINT audit_kind CHECK (kind IN ('change', 'read', 'gap'))
);
CREATE UNIQUE INDEX audit_sequence ON audit (tenant_id, sequence) WHERE sequence IS NOT NULL;
CREATE INDEX audit_unchained ON audit (tenant_id, entry_id) WHERE sequence IS NULL;

CREATE TABLE audit_head (
    tenant_id text COLLATE "C" NOT NULL,
    sequence bigint NOT NULL,
    chain bytea NOT NULL,
    CONSTRAINT audit_head_pkey PRIMARY KEY (tenant_id)
);

CREATE TABLE audit_writer (
    tenant_id text COLLATE "C" NOT NULL,
    writer_id uuid NOT NULL,
    alive_time_us bigint NOT NULL,
    CONSTRAINT audit_writer_pkey PRIMARY KEY (tenant_id, writer_id)
);

-- A file that is imported: what it is told by (file and mapping), and whether all of its rows are staged.
CREATE TABLE bulk_import (
    tenant_id text COLLATE "C" NOT NULL,
    import_id uuid NOT NULL,
    key bytea NOT NULL,
    state text COLLATE "C" NOT NULL,
    create_time_us bigint NOT NULL,
    CONSTRAINT bulk_import_pkey PRIMARY KEY (tenant_id, import_id)
);
CREATE UNIQUE INDEX bulk_import_key ON bulk_import (tenant_id, key);

-- The rows that are staged and not resolved yet: the call that each becomes, sealed.
CREATE TABLE bulk_row (
    tenant_id text COLLATE "C" NOT NULL,
    import_id uuid NOT NULL,
    number bigint NOT NULL,
    sealed bytea NOT NULL,
    CONSTRAINT bulk_row_pkey PRIMARY KEY (tenant_id, import_id, number)
);

CREATE TABLE bulk_rejected (
    tenant_id text COLLATE "C" NOT NULL,
    import_id uuid NOT NULL,
    number bigint NOT NULL,
    reason text NOT NULL,
    CONSTRAINT bulk_rejected_pkey PRIMARY KEY (tenant_id, import_id, number)
);

-- How many rows of an import were read ('read'), were rejected ('rejected'), and had each outcome.
CREATE TABLE bulk_count (
    tenant_id text COLLATE "C" NOT NULL,
    import_id uuid NOT NULL,
    outcome text COLLATE "C" NOT NULL,
    records bigint NOT NULL,
    CONSTRAINT bulk_count_pkey PRIMARY KEY (tenant_id, import_id, outcome)
);

-- What the keys of this database answer, by version: another key file is refused at the start. Of no tenant, nothing
-- personal.
CREATE TABLE key_check (
    version smallint NOT NULL,
    value bytea NOT NULL,
    CONSTRAINT key_check_pkey PRIMARY KEY (version)
);

-- What happened to profiles: merges, splits, contacts that moved, identifiers that turned shared or stopped being so;
-- with the profiles before and after, the nodes that it is about, the links that decided, and what caused it. A fact.
CREATE TABLE event (
    tenant_id text COLLATE "C" NOT NULL,
    event_id uuid NOT NULL,
    kind text COLLATE "C" NOT NULL,
    before uuid[] NOT NULL,
    after uuid[] NOT NULL,
    nodes uuid[] NOT NULL,
    links json NOT NULL,
    policy text COLLATE "C" NOT NULL,
    model text COLLATE "C" NOT NULL,
    cause_kind text COLLATE "C" NOT NULL,
    cause_id uuid,
    caller text COLLATE "C" NOT NULL,
    occur_time_us bigint NOT NULL,
    record_time_us bigint NOT NULL,
    CONSTRAINT event_pkey PRIMARY KEY (tenant_id, event_id),
    CONSTRAINT event_kind CHECK (kind IN ('merged', 'split', 'shared', 'unshared', 'moved'))
);

-- The profiles that an event is about, before or after it.
CREATE TABLE event_profile (
    tenant_id text COLLATE "C" NOT NULL,
    profile_id uuid NOT NULL,
    event_id uuid NOT NULL,
    CONSTRAINT event_profile_pkey PRIMARY KEY (tenant_id, profile_id, event_id)
);

-- The columns of the composite types below, by name without plan_: what rows of plans are compared with.
CREATE TABLE plan_shape (
    name text COLLATE "C" NOT NULL,
    columns text[] NOT NULL,
    CONSTRAINT plan_shape_pkey PRIMARY KEY (name)
);

-- The rows of plans, one type per struct of store/rows; `plan` is the number of the plan in its batch.
CREATE TYPE plan_answer_check AS (
    plan integer,
    check_id uuid,
    contact_id uuid,
    attribute text,
    matched boolean,
    node_id uuid,
    worth smallint,
    needed smallint,
    address uuid,
    occur_time_us bigint
);
CREATE TYPE plan_answer_check_void AS (
    plan integer,
    contact_id uuid
);
CREATE TYPE plan_audit AS (
    plan integer,
    entry_id uuid,
    caller text,
    method text,
    policy text,
    subject json
);
CREATE TYPE plan_blocking_key AS (
    plan integer,
    keys bytea[],
    node_id uuid
);
CREATE TYPE plan_blocking_key_gone AS (
    plan integer,
    node_id uuid
);
CREATE TYPE plan_blocking_key_seen AS (
    plan integer,
    keys bytea[],
    records integer[]
);
CREATE TYPE plan_breaker AS (
    plan integer,
    breaker_id uuid,
    hour bigint,
    changes bigint,
    merges bigint,
    usual_share real
);
CREATE TYPE plan_breaker_lift AS (
    plan integer,
    breaker_id uuid
);
CREATE TYPE plan_consent AS (
    plan integer,
    consent_id uuid,
    node_id uuid,
    purpose text,
    channel text,
    brand text,
    granted boolean,
    worth smallint,
    occur_time_us bigint
);
CREATE TYPE plan_contact AS (
    plan integer,
    contact_id uuid,
    conversation_id uuid,
    is_new boolean,
    key bytea,
    source text,
    channel text,
    direction smallint,
    initiation smallint,
    brand text,
    start_time_us bigint,
    anchor_node uuid,
    anchor_assurance smallint,
    ambiguous boolean,
    shared boolean,
    corrected boolean,
    persons bigint[],
    legs uuid[],
    listens uuid,
    channel_change boolean,
    apart boolean,
    threading smallint,
    start_digest bytea,
    payload bytea,
    answer json
);
CREATE TYPE plan_contact_answer AS (
    plan integer,
    contact_id uuid,
    answer json
);
CREATE TYPE plan_contact_change AS (
    plan integer,
    contact_id uuid,
    anchor_node uuid,
    anchor_assurance smallint,
    ambiguous boolean,
    shared boolean,
    corrected boolean,
    corrected_node uuid,
    ruled_out uuid,
    persons bigint[]
);
CREATE TYPE plan_contact_ending AS (
    plan integer,
    contact_id uuid,
    end_time_us bigint,
    ending bytea,
    end_digest bytea
);
CREATE TYPE plan_contact_update AS (
    plan integer,
    contact_id uuid,
    seen integer,
    updated bytea,
    brand text,
    visibility smallint,
    said_by bytea,
    replaces_facts boolean,
    replaces_promises boolean,
    references_gone bytea[]
);
CREATE TYPE plan_conversation AS (
    plan integer,
    conversation_id uuid,
    brand text,
    owner_contact uuid,
    owner_node uuid,
    time_us bigint,
    reopens boolean
);
CREATE TYPE plan_conversation_closing AS (
    plan integer,
    conversation_id uuid,
    close_time_us bigint
);
CREATE TYPE plan_act AS (
    plan integer,
    act_id uuid,
    kind smallint,
    time_us bigint,
    contacts uuid[],
    customer_node uuid,
    withdrawn boolean
);
CREATE TYPE plan_naming AS (
    plan integer,
    contact_id uuid,
    place smallint,
    how smallint,
    key bytea,
    one_desk boolean
);
CREATE TYPE plan_carry_over AS (
    plan integer,
    key bytea,
    contact_id uuid,
    expire_time_us bigint
);
CREATE TYPE plan_thread_pending AS (
    plan integer,
    contact_id uuid
);
CREATE TYPE plan_conversation_owner AS (
    plan integer,
    conversation_id uuid,
    time_us bigint
);
CREATE TYPE plan_conversation_left AS (
    plan integer,
    conversation_id uuid,
    customer_node uuid,
    departed uuid[]
);
CREATE TYPE plan_contact_move AS (
    plan integer,
    contact_id uuid,
    conversation_id uuid,
    channel_change boolean,
    apart boolean
);
CREATE TYPE plan_contact_told AS (
    plan integer,
    contact_id uuid,
    conversation_id uuid
);
CREATE TYPE plan_conversation_state AS (
    plan integer,
    conversation_id uuid,
    close_time_us bigint
);
CREATE TYPE plan_conversation_touch AS (
    plan integer,
    conversation_id uuid
);
CREATE TYPE plan_evidence AS (
    plan integer,
    subject_id uuid,
    node_id uuid,
    role smallint,
    assurance smallint,
    method text,
    channel text,
    occur_time_us bigint,
    proof_time_us bigint,
    person smallint,
    settle_time_us bigint
);
CREATE TYPE plan_event AS (
    plan integer,
    event_id uuid,
    kind text,
    before uuid[],
    after uuid[],
    nodes uuid[],
    links json,
    policy text,
    model text,
    cause_kind text,
    cause_id uuid,
    caller text,
    occur_time_us bigint
);
CREATE TYPE plan_fact AS (
    plan integer,
    contact_id uuid,
    key text,
    value bytea,
    how_known smallint,
    withdrawn boolean,
    expire_time_us bigint,
    aside boolean,
    occur_time_us bigint,
    said_by bytea,
    source_revision bigint
);
CREATE TYPE plan_interaction AS (
    plan integer,
    interaction_id uuid,
    source_revision bigint,
    key bytea,
    contact_id uuid,
    kind smallint,
    channel text,
    occur_time_us bigint,
    sequence bigint,
    digest bytea,
    payload bytea,
    intends boolean,
    speaks smallint
);
CREATE TYPE plan_key_absent AS (
    plan integer,
    key bytea,
    as_of_us bigint,
    but_node uuid
);
CREATE TYPE plan_link AS (
    plan integer,
    node_a uuid,
    node_b uuid,
    kind text,
    channel text,
    assurance_a smallint,
    assurance_b smallint,
    state text,
    time_us bigint,
    probability real,
    model text,
    depends_on uuid[]
);
CREATE TYPE plan_lock AS (
    plan integer,
    locks bigint[]
);
CREATE TYPE plan_merge_rate AS (
    plan integer,
    hour bigint,
    merges bigint
);
CREATE TYPE plan_node AS (
    plan integer,
    node_id uuid,
    namespace text,
    scope text,
    key bytea,
    value bytea,
    established boolean,
    shared smallint,
    fan_out smallint,
    profile_id uuid,
    core_id uuid,
    time_us bigint
);
CREATE TYPE plan_node_change AS (
    plan integer,
    node_id uuid,
    profile_id uuid,
    core_id uuid,
    shared smallint,
    fan_out smallint,
    established boolean,
    superseded boolean,
    time_us bigint
);
CREATE TYPE plan_node_end AS (
    plan integer,
    node_id uuid,
    ended_time_us bigint,
    renewed boolean
);
CREATE TYPE plan_node_seen AS (
    plan integer,
    node_id uuid,
    profile_id uuid,
    shared smallint
);
CREATE TYPE plan_preference AS (
    plan integer,
    node_id uuid,
    key text,
    value bytea,
    occur_time_us bigint
);
CREATE TYPE plan_profile AS (
    plan integer,
    profile_id uuid,
    founder_node uuid,
    founder_contact uuid,
    state text,
    heirs uuid[],
    create_time_us bigint,
    expire_time_us bigint
);
CREATE TYPE plan_profile_expected AS (
    plan integer,
    profile_id uuid,
    etag bigint
);
CREATE TYPE plan_profile_touch AS (
    plan integer,
    profile_id uuid,
    expire_time_us bigint,
    keeps boolean
);
CREATE TYPE plan_promise AS (
    plan integer,
    contact_id uuid,
    key text,
    what bytea,
    due_time_us bigint,
    state smallint,
    occur_time_us bigint,
    said_by bytea,
    source_revision bigint
);
CREATE TYPE plan_reference AS (
    plan integer,
    key bytea,
    contact_id uuid,
    time_us bigint
);
CREATE TYPE plan_request AS (
    plan integer,
    key bytea,
    digest bytea,
    answer json
);
CREATE TYPE plan_review AS (
    plan integer,
    review_id uuid,
    reason text,
    node_a uuid,
    node_b uuid,
    probability real,
    source text,
    budget integer
);
CREATE TYPE plan_review_settled AS (
    plan integer,
    review_id uuid
);
CREATE TYPE plan_source_record AS (
    plan integer,
    node_id uuid,
    source text,
    attributes bytea,
    features bytea,
    occur_time_us bigint,
    source_revision bigint,
    digest bytea
);
CREATE TYPE plan_value_count AS (
    plan integer,
    keys bytea[],
    people bigint
);

-- The service works as profile_app, which owns nothing; row-level security shows it the rows of one tenant.
DO $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = 'profile_app') THEN
        CREATE ROLE profile_app NOLOGIN NOSUPERUSER NOBYPASSRLS;
    END IF;
    EXECUTE format('GRANT profile_app TO %I', current_user);
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO profile_app', current_schema());
END
$$;
SELECT secure_table('node', 'SELECT, INSERT, UPDATE, DELETE');
SELECT secure_table('link', 'SELECT, INSERT, UPDATE, DELETE');
SELECT secure_table('evidence', 'SELECT, INSERT, UPDATE, DELETE');
SELECT secure_table('source_record', 'SELECT, INSERT, UPDATE');
SELECT secure_table('take_back', 'SELECT, INSERT, UPDATE, DELETE');
SELECT secure_table('budget', 'SELECT, INSERT, UPDATE, DELETE');
SELECT secure_table('event', 'SELECT, INSERT');
SELECT secure_table('event_profile', 'SELECT, INSERT');
SELECT secure_table('blocking_key', 'SELECT, INSERT, UPDATE, DELETE');
SELECT secure_table('value_count', 'SELECT, INSERT, UPDATE');
SELECT secure_table('merge_rate', 'SELECT, INSERT, UPDATE');
SELECT secure_table('breaker', 'SELECT, INSERT, UPDATE');
SELECT secure_table('profile', 'SELECT, INSERT, UPDATE, DELETE');
SELECT secure_table('preference', 'SELECT, INSERT, UPDATE, DELETE');
SELECT secure_table('consent', 'SELECT, INSERT, UPDATE');
SELECT secure_table('conversation', 'SELECT, INSERT, UPDATE');
SELECT secure_table('contact', 'SELECT, INSERT, UPDATE');
SELECT secure_table('reference', 'SELECT, INSERT, UPDATE, DELETE');
SELECT secure_table('naming', 'SELECT, INSERT');
SELECT secure_table('act', 'SELECT, INSERT, UPDATE');
SELECT secure_table('act_contact', 'SELECT, INSERT');
SELECT secure_table('carry_over', 'SELECT, INSERT, DELETE');
SELECT secure_table('thread_pending', 'SELECT, INSERT, DELETE');
SELECT secure_table('interaction', 'SELECT, INSERT, UPDATE');
SELECT secure_table('fact', 'SELECT, INSERT, UPDATE, DELETE');
SELECT secure_table('promise', 'SELECT, INSERT, UPDATE, DELETE');
SELECT secure_table('answer_check', 'SELECT, INSERT, UPDATE');
SELECT secure_table('request', 'SELECT, INSERT, UPDATE');
SELECT secure_table('review', 'SELECT, INSERT, UPDATE');
SELECT secure_table('audit_head', 'SELECT, INSERT, UPDATE');
SELECT secure_table('audit_writer', 'SELECT, INSERT, UPDATE, DELETE');
SELECT secure_table('bulk_import', 'SELECT, INSERT, UPDATE, DELETE');
SELECT secure_table('bulk_row', 'SELECT, INSERT, UPDATE, DELETE');
SELECT secure_table('bulk_rejected', 'SELECT, INSERT, UPDATE, DELETE');
SELECT secure_table('bulk_count', 'SELECT, INSERT, UPDATE, DELETE');
SELECT secure_table('audit', 'SELECT, INSERT, UPDATE (sequence, chain)');
GRANT SELECT, INSERT ON key_check TO profile_app;
GRANT SELECT ON plan_shape TO profile_app;
