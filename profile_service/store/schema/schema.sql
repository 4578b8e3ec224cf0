CREATE TYPE public.plan_act AS (
	plan integer,
	act_id uuid,
	kind smallint,
	time_us bigint,
	contacts uuid[],
	customer_node uuid,
	withdrawn boolean
);
CREATE TYPE public.plan_answer_check AS (
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
CREATE TYPE public.plan_answer_check_void AS (
	plan integer,
	contact_id uuid
);
CREATE TYPE public.plan_audit AS (
	plan integer,
	entry_id uuid,
	caller text,
	method text,
	policy text,
	subject json
);
CREATE TYPE public.plan_blocking_key AS (
	plan integer,
	keys bytea[],
	node_id uuid
);
CREATE TYPE public.plan_blocking_key_gone AS (
	plan integer,
	node_id uuid
);
CREATE TYPE public.plan_blocking_key_seen AS (
	plan integer,
	keys bytea[],
	records integer[]
);
CREATE TYPE public.plan_breaker AS (
	plan integer,
	breaker_id uuid,
	hour bigint,
	changes bigint,
	merges bigint,
	usual_share real
);
CREATE TYPE public.plan_breaker_lift AS (
	plan integer,
	breaker_id uuid
);
CREATE TYPE public.plan_carry_over AS (
	plan integer,
	key bytea,
	contact_id uuid,
	expire_time_us bigint
);
CREATE TYPE public.plan_consent AS (
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
CREATE TYPE public.plan_contact AS (
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
CREATE TYPE public.plan_contact_answer AS (
	plan integer,
	contact_id uuid,
	answer json
);
CREATE TYPE public.plan_contact_change AS (
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
CREATE TYPE public.plan_contact_ending AS (
	plan integer,
	contact_id uuid,
	end_time_us bigint,
	ending bytea,
	end_digest bytea
);
CREATE TYPE public.plan_contact_move AS (
	plan integer,
	contact_id uuid,
	conversation_id uuid,
	channel_change boolean,
	apart boolean
);
CREATE TYPE public.plan_contact_told AS (
	plan integer,
	contact_id uuid,
	conversation_id uuid
);
CREATE TYPE public.plan_contact_update AS (
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
CREATE TYPE public.plan_conversation AS (
	plan integer,
	conversation_id uuid,
	brand text,
	owner_contact uuid,
	owner_node uuid,
	time_us bigint,
	reopens boolean
);
CREATE TYPE public.plan_conversation_closing AS (
	plan integer,
	conversation_id uuid,
	close_time_us bigint
);
CREATE TYPE public.plan_conversation_left AS (
	plan integer,
	conversation_id uuid,
	customer_node uuid,
	departed uuid[]
);
CREATE TYPE public.plan_conversation_owner AS (
	plan integer,
	conversation_id uuid,
	time_us bigint
);
CREATE TYPE public.plan_conversation_state AS (
	plan integer,
	conversation_id uuid,
	close_time_us bigint
);
CREATE TYPE public.plan_conversation_touch AS (
	plan integer,
	conversation_id uuid
);
CREATE TYPE public.plan_event AS (
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
CREATE TYPE public.plan_evidence AS (
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
CREATE TYPE public.plan_fact AS (
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
CREATE TYPE public.plan_interaction AS (
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
CREATE TYPE public.plan_key_absent AS (
	plan integer,
	key bytea,
	as_of_us bigint,
	but_node uuid
);
CREATE TYPE public.plan_link AS (
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
CREATE TYPE public.plan_lock AS (
	plan integer,
	locks bigint[]
);
CREATE TYPE public.plan_merge_rate AS (
	plan integer,
	hour bigint,
	merges bigint
);
CREATE TYPE public.plan_naming AS (
	plan integer,
	contact_id uuid,
	place smallint,
	how smallint,
	key bytea,
	one_desk boolean
);
CREATE TYPE public.plan_node AS (
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
CREATE TYPE public.plan_node_change AS (
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
CREATE TYPE public.plan_node_end AS (
	plan integer,
	node_id uuid,
	ended_time_us bigint,
	renewed boolean
);
CREATE TYPE public.plan_node_seen AS (
	plan integer,
	node_id uuid,
	profile_id uuid,
	shared smallint
);
CREATE TYPE public.plan_preference AS (
	plan integer,
	node_id uuid,
	key text,
	value bytea,
	occur_time_us bigint
);
CREATE TYPE public.plan_profile AS (
	plan integer,
	profile_id uuid,
	founder_node uuid,
	founder_contact uuid,
	state text,
	heirs uuid[],
	create_time_us bigint,
	expire_time_us bigint
);
CREATE TYPE public.plan_profile_expected AS (
	plan integer,
	profile_id uuid,
	etag bigint
);
CREATE TYPE public.plan_profile_touch AS (
	plan integer,
	profile_id uuid,
	expire_time_us bigint,
	keeps boolean
);
CREATE TYPE public.plan_promise AS (
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
CREATE TYPE public.plan_reference AS (
	plan integer,
	key bytea,
	contact_id uuid,
	time_us bigint
);
CREATE TYPE public.plan_request AS (
	plan integer,
	key bytea,
	digest bytea,
	answer json
);
CREATE TYPE public.plan_review AS (
	plan integer,
	review_id uuid,
	reason text,
	node_a uuid,
	node_b uuid,
	probability real,
	source text,
	budget integer
);
CREATE TYPE public.plan_review_settled AS (
	plan integer,
	review_id uuid
);
CREATE TYPE public.plan_source_record AS (
	plan integer,
	node_id uuid,
	source text,
	attributes bytea,
	features bytea,
	occur_time_us bigint,
	source_revision bigint,
	digest bytea
);
CREATE TYPE public.plan_thread_pending AS (
	plan integer,
	contact_id uuid
);
CREATE TYPE public.plan_value_count AS (
	plan integer,
	keys bytea[],
	people bigint
);
CREATE TABLE public.conversation (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    conversation_id uuid NOT NULL,
    brand text NOT NULL COLLATE pg_catalog."C",
    state text NOT NULL COLLATE pg_catalog."C",
    founder uuid,
    departed uuid[] DEFAULT '{}'::uuid[] NOT NULL,
    owner_contact uuid NOT NULL,
    owner_node uuid,
    open_time_us bigint NOT NULL,
    last_time_us bigint NOT NULL,
    close_time_us bigint,
    revision bigint NOT NULL,
    CONSTRAINT conversation_state CHECK ((state = ANY (ARRAY['open'::text, 'closed'::text])))
);
ALTER TABLE ONLY public.conversation ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.conversation FORCE ROW LEVEL SECURITY;
CREATE TABLE public.act (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    act_id uuid NOT NULL,
    kind smallint NOT NULL,
    time_us bigint NOT NULL,
    contacts uuid[] NOT NULL,
    customer_node uuid,
    withdrawn boolean DEFAULT false NOT NULL
);
ALTER TABLE ONLY public.act ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.act FORCE ROW LEVEL SECURITY;
CREATE TABLE public.act_contact (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    contact_id uuid NOT NULL,
    act_id uuid NOT NULL
);
ALTER TABLE ONLY public.act_contact ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.act_contact FORCE ROW LEVEL SECURITY;
CREATE TABLE public.answer_check (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    check_id uuid NOT NULL,
    contact_id uuid NOT NULL,
    attribute text NOT NULL COLLATE pg_catalog."C",
    matched boolean NOT NULL,
    node_id uuid,
    worth smallint NOT NULL,
    needed smallint NOT NULL,
    address uuid,
    void boolean DEFAULT false NOT NULL,
    occur_time_us bigint NOT NULL,
    record_time_us bigint NOT NULL
);
ALTER TABLE ONLY public.answer_check ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.answer_check FORCE ROW LEVEL SECURITY;
CREATE TABLE public.audit (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    entry_id uuid NOT NULL,
    sequence bigint,
    chain bytea,
    kind text NOT NULL COLLATE pg_catalog."C",
    caller text NOT NULL COLLATE pg_catalog."C",
    method text NOT NULL COLLATE pg_catalog."C",
    policy text NOT NULL COLLATE pg_catalog."C",
    subject json NOT NULL,
    record_time_us bigint NOT NULL,
    CONSTRAINT audit_kind CHECK ((kind = ANY (ARRAY['change'::text, 'read'::text, 'gap'::text])))
);
ALTER TABLE ONLY public.audit ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.audit FORCE ROW LEVEL SECURITY;
CREATE TABLE public.audit_head (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    sequence bigint NOT NULL,
    chain bytea NOT NULL
);
ALTER TABLE ONLY public.audit_head ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.audit_head FORCE ROW LEVEL SECURITY;
CREATE TABLE public.audit_writer (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    writer_id uuid NOT NULL,
    alive_time_us bigint NOT NULL
);
ALTER TABLE ONLY public.audit_writer ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.audit_writer FORCE ROW LEVEL SECURITY;
CREATE TABLE public.blocking_key (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    key bytea NOT NULL,
    node_id uuid NOT NULL,
    CONSTRAINT blocking_key_length CHECK ((octet_length(key) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.05');
ALTER TABLE ONLY public.blocking_key ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.blocking_key FORCE ROW LEVEL SECURITY;
CREATE TABLE public.breaker (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    breaker_id uuid NOT NULL,
    hour bigint NOT NULL,
    changes bigint NOT NULL,
    merges bigint NOT NULL,
    usual_share real NOT NULL,
    trip_time_us bigint NOT NULL,
    lift_time_us bigint
);
ALTER TABLE ONLY public.breaker ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.breaker FORCE ROW LEVEL SECURITY;
CREATE TABLE public.budget (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    caller text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL COLLATE pg_catalog."C",
    hour bigint NOT NULL,
    taken bigint NOT NULL
);
ALTER TABLE ONLY public.budget ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.budget FORCE ROW LEVEL SECURITY;
CREATE TABLE public.bulk_count (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    import_id uuid NOT NULL,
    outcome text NOT NULL COLLATE pg_catalog."C",
    records bigint NOT NULL
);
ALTER TABLE ONLY public.bulk_count ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.bulk_count FORCE ROW LEVEL SECURITY;
CREATE TABLE public.bulk_import (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    import_id uuid NOT NULL,
    key bytea NOT NULL,
    state text NOT NULL COLLATE pg_catalog."C",
    create_time_us bigint NOT NULL
);
ALTER TABLE ONLY public.bulk_import ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.bulk_import FORCE ROW LEVEL SECURITY;
CREATE TABLE public.bulk_rejected (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    import_id uuid NOT NULL,
    number bigint NOT NULL,
    reason text NOT NULL
);
ALTER TABLE ONLY public.bulk_rejected ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.bulk_rejected FORCE ROW LEVEL SECURITY;
CREATE TABLE public.bulk_row (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    import_id uuid NOT NULL,
    number bigint NOT NULL,
    sealed bytea NOT NULL
);
ALTER TABLE ONLY public.bulk_row ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.bulk_row FORCE ROW LEVEL SECURITY;
CREATE TABLE public.carry_over (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    key bytea NOT NULL,
    contact_id uuid NOT NULL,
    expire_time_us bigint NOT NULL
);
ALTER TABLE ONLY public.carry_over ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.carry_over FORCE ROW LEVEL SECURITY;
CREATE TABLE public.consent (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    consent_id uuid NOT NULL,
    node_id uuid NOT NULL,
    purpose text NOT NULL COLLATE pg_catalog."C",
    channel text NOT NULL COLLATE pg_catalog."C",
    brand text NOT NULL COLLATE pg_catalog."C",
    granted boolean NOT NULL,
    worth smallint NOT NULL,
    occur_time_us bigint NOT NULL,
    record_time_us bigint NOT NULL
);
ALTER TABLE ONLY public.consent ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.consent FORCE ROW LEVEL SECURITY;
CREATE TABLE public.contact (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    contact_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    key bytea NOT NULL,
    source text NOT NULL COLLATE pg_catalog."C",
    channel text NOT NULL COLLATE pg_catalog."C",
    direction smallint NOT NULL,
    initiation smallint NOT NULL,
    brand text NOT NULL COLLATE pg_catalog."C",
    start_time_us bigint NOT NULL,
    end_time_us bigint,
    last_time_us bigint NOT NULL,
    anchor_node uuid,
    anchor_assurance smallint NOT NULL,
    ambiguous boolean NOT NULL,
    shared boolean NOT NULL,
    corrected boolean DEFAULT false NOT NULL,
    corrected_node uuid,
    ruled_out uuid[] DEFAULT '{}'::uuid[] NOT NULL,
    told_conversation uuid,
    told_node uuid,
    persons bigint[] DEFAULT '{}'::bigint[] NOT NULL,
    legs uuid[] DEFAULT '{}'::uuid[] NOT NULL,
    listens uuid,
    channel_change boolean NOT NULL,
    apart boolean NOT NULL,
    threading smallint NOT NULL,
    start_digest bytea,
    end_digest bytea,
    payload bytea NOT NULL,
    ending bytea,
    updates integer DEFAULT 0 NOT NULL,
    updated bytea,
    visibility smallint DEFAULT 0 NOT NULL,
    answer json,
    CONSTRAINT contact_key_length CHECK ((octet_length(key) = 32))
);
ALTER TABLE ONLY public.contact ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.contact FORCE ROW LEVEL SECURITY;
CREATE TABLE public.event (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    event_id uuid NOT NULL,
    kind text NOT NULL COLLATE pg_catalog."C",
    before uuid[] NOT NULL,
    after uuid[] NOT NULL,
    nodes uuid[] NOT NULL,
    links json NOT NULL,
    policy text NOT NULL COLLATE pg_catalog."C",
    model text NOT NULL COLLATE pg_catalog."C",
    cause_kind text NOT NULL COLLATE pg_catalog."C",
    cause_id uuid,
    caller text NOT NULL COLLATE pg_catalog."C",
    occur_time_us bigint NOT NULL,
    record_time_us bigint NOT NULL,
    CONSTRAINT event_kind CHECK ((kind = ANY (ARRAY['merged'::text, 'split'::text, 'shared'::text, 'unshared'::text, 'moved'::text])))
);
ALTER TABLE ONLY public.event ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.event FORCE ROW LEVEL SECURITY;
CREATE TABLE public.event_profile (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    profile_id uuid NOT NULL,
    event_id uuid NOT NULL
);
ALTER TABLE ONLY public.event_profile ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.event_profile FORCE ROW LEVEL SECURITY;
CREATE TABLE public.evidence (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    subject_id uuid NOT NULL,
    node_id uuid NOT NULL,
    role smallint NOT NULL,
    assurance smallint NOT NULL,
    method text NOT NULL COLLATE pg_catalog."C",
    channel text NOT NULL COLLATE pg_catalog."C",
    occur_time_us bigint NOT NULL,
    proof_time_us bigint DEFAULT 0 NOT NULL,
    person smallint DEFAULT 0 NOT NULL,
    withdrawn boolean DEFAULT false NOT NULL,
    settle_time_us bigint,
    end_time_us bigint
);
ALTER TABLE ONLY public.evidence ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.evidence FORCE ROW LEVEL SECURITY;
CREATE TABLE public.fact (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    contact_id uuid NOT NULL,
    key text NOT NULL COLLATE pg_catalog."C",
    value bytea NOT NULL,
    how_known smallint NOT NULL,
    withdrawn boolean NOT NULL,
    expire_time_us bigint,
    occur_time_us bigint NOT NULL,
    aside boolean NOT NULL,
    holder uuid NOT NULL,
    said_by bytea NOT NULL
);
ALTER TABLE ONLY public.fact ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.fact FORCE ROW LEVEL SECURITY;
CREATE TABLE public.interaction (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    interaction_id uuid NOT NULL,
    source_revision bigint NOT NULL,
    key bytea NOT NULL,
    contact_id uuid NOT NULL,
    kind smallint NOT NULL,
    channel text NOT NULL COLLATE pg_catalog."C",
    occur_time_us bigint NOT NULL,
    sequence bigint NOT NULL,
    record_time_us bigint NOT NULL,
    digest bytea NOT NULL,
    payload bytea NOT NULL,
    current boolean NOT NULL,
    intends boolean NOT NULL,
    speaks smallint DEFAULT 0 NOT NULL
);
ALTER TABLE ONLY public.interaction ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.interaction FORCE ROW LEVEL SECURITY;
CREATE TABLE public.key_check (
    version smallint NOT NULL,
    value bytea NOT NULL
);
CREATE TABLE public.link (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    node_a uuid NOT NULL,
    node_b uuid NOT NULL,
    kind text NOT NULL COLLATE pg_catalog."C",
    channel text NOT NULL COLLATE pg_catalog."C",
    assurance_a smallint NOT NULL,
    assurance_b smallint NOT NULL,
    state text NOT NULL COLLATE pg_catalog."C",
    first_time_us bigint NOT NULL,
    last_time_us bigint NOT NULL,
    times_seen bigint NOT NULL,
    probability real,
    model text COLLATE pg_catalog."C",
    depends_on uuid[] DEFAULT '{}'::uuid[] NOT NULL,
    CONSTRAINT link_ends_ordered CHECK ((node_a < node_b)),
    CONSTRAINT link_state CHECK ((state = ANY (ARRAY['active'::text, 'contested'::text, 'ended'::text, 'withdrawn'::text])))
);
ALTER TABLE ONLY public.link ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.link FORCE ROW LEVEL SECURITY;
CREATE TABLE public.merge_rate (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    hour bigint NOT NULL,
    slot smallint NOT NULL,
    changes bigint NOT NULL,
    merges bigint NOT NULL
);
ALTER TABLE ONLY public.merge_rate ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.merge_rate FORCE ROW LEVEL SECURITY;
CREATE TABLE public.naming (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    contact_id uuid NOT NULL,
    place smallint NOT NULL,
    how smallint NOT NULL,
    key bytea NOT NULL,
    one_desk boolean NOT NULL
);
ALTER TABLE ONLY public.naming ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.naming FORCE ROW LEVEL SECURITY;
CREATE TABLE public.node (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    node_id uuid NOT NULL,
    namespace text NOT NULL COLLATE pg_catalog."C",
    scope text NOT NULL COLLATE pg_catalog."C",
    key bytea NOT NULL,
    epoch integer NOT NULL,
    value bytea NOT NULL,
    established boolean NOT NULL,
    superseded boolean DEFAULT false NOT NULL,
    shared smallint DEFAULT 0 NOT NULL,
    fan_out smallint DEFAULT 0 NOT NULL,
    profile_id uuid,
    core_id uuid NOT NULL,
    first_time_us bigint NOT NULL,
    last_time_us bigint NOT NULL,
    ended_time_us bigint,
    renewed boolean DEFAULT false NOT NULL,
    anew_time_us bigint,
    anew_record uuid,
    ruled_shared boolean,
    CONSTRAINT node_key_length CHECK ((octet_length(key) = 32))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.05');
ALTER TABLE ONLY public.node ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.node FORCE ROW LEVEL SECURITY;
CREATE TABLE public.plan_shape (
    name text NOT NULL COLLATE pg_catalog."C",
    columns text[] NOT NULL
);
CREATE TABLE public.preference (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    node_id uuid NOT NULL,
    key text NOT NULL COLLATE pg_catalog."C",
    value bytea,
    occur_time_us bigint NOT NULL
);
ALTER TABLE ONLY public.preference ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.preference FORCE ROW LEVEL SECURITY;
CREATE TABLE public.profile (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    profile_id uuid NOT NULL,
    founder_node uuid,
    founder_contact uuid,
    state text NOT NULL COLLATE pg_catalog."C",
    heirs uuid[] DEFAULT '{}'::uuid[] NOT NULL,
    create_time_us bigint NOT NULL,
    expire_time_us bigint,
    revision bigint NOT NULL,
    CONSTRAINT profile_one_founder CHECK (((founder_node IS NULL) <> (founder_contact IS NULL))),
    CONSTRAINT profile_state CHECK ((state = ANY (ARRAY['live'::text, 'redirected'::text, 'split'::text])))
);
ALTER TABLE ONLY public.profile ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.profile FORCE ROW LEVEL SECURITY;
CREATE TABLE public.promise (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    contact_id uuid NOT NULL,
    key text NOT NULL COLLATE pg_catalog."C",
    what bytea,
    due_time_us bigint,
    state smallint NOT NULL,
    occur_time_us bigint NOT NULL,
    holder uuid NOT NULL,
    said_by bytea NOT NULL
);
ALTER TABLE ONLY public.promise ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.promise FORCE ROW LEVEL SECURITY;
CREATE TABLE public.reference (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    key bytea NOT NULL,
    contact_id uuid NOT NULL,
    time_us bigint NOT NULL
);
ALTER TABLE ONLY public.reference ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.reference FORCE ROW LEVEL SECURITY;
CREATE TABLE public.request (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    key bytea NOT NULL,
    digest bytea NOT NULL,
    answer json NOT NULL,
    record_time_us bigint NOT NULL
);
ALTER TABLE ONLY public.request ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.request FORCE ROW LEVEL SECURITY;
CREATE TABLE public.review (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    review_id uuid NOT NULL,
    reason text NOT NULL COLLATE pg_catalog."C",
    node_a uuid NOT NULL,
    node_b uuid NOT NULL,
    probability real,
    open_time_us bigint NOT NULL,
    close_time_us bigint,
    source text COLLATE pg_catalog."C",
    waits boolean DEFAULT false NOT NULL
);
ALTER TABLE ONLY public.review ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.review FORCE ROW LEVEL SECURITY;
CREATE TABLE public.schema_function (
    name text NOT NULL,
    checksum text NOT NULL,
    apply_time timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);
CREATE TABLE public.schema_migration (
    number integer NOT NULL,
    name text NOT NULL,
    checksum text NOT NULL,
    apply_time timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);
CREATE TABLE public.source_record (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    node_id uuid NOT NULL,
    source text NOT NULL COLLATE pg_catalog."C",
    attributes bytea NOT NULL,
    features bytea NOT NULL,
    occur_time_us bigint NOT NULL,
    source_revision bigint DEFAULT 0 NOT NULL,
    digest bytea DEFAULT '\x'::bytea NOT NULL
);
ALTER TABLE ONLY public.source_record ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.source_record FORCE ROW LEVEL SECURITY;
CREATE TABLE public.take_back (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    record_node uuid NOT NULL,
    time_us bigint NOT NULL,
    source text NOT NULL COLLATE pg_catalog."C",
    nodes uuid[] NOT NULL,
    state text NOT NULL COLLATE pg_catalog."C",
    CONSTRAINT take_back_state CHECK ((state = ANY (ARRAY['taken'::text, 'undo'::text, 'kept'::text])))
);
ALTER TABLE ONLY public.take_back ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.take_back FORCE ROW LEVEL SECURITY;
CREATE TABLE public.thread_pending (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    contact_id uuid NOT NULL
);
ALTER TABLE ONLY public.thread_pending ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.thread_pending FORCE ROW LEVEL SECURITY;
CREATE TABLE public.value_count (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    key bytea NOT NULL,
    slot smallint NOT NULL,
    people bigint NOT NULL,
    CONSTRAINT value_count_length CHECK ((octet_length(key) = 32))
);
ALTER TABLE ONLY public.value_count ALTER COLUMN tenant_id SET (n_distinct=1);
ALTER TABLE ONLY public.value_count FORCE ROW LEVEL SECURITY;
ALTER TABLE ONLY public.act_contact
    ADD CONSTRAINT act_contact_pkey PRIMARY KEY (tenant_id, contact_id, act_id);
ALTER TABLE ONLY public.act
    ADD CONSTRAINT act_pkey PRIMARY KEY (tenant_id, act_id);
ALTER TABLE ONLY public.answer_check
    ADD CONSTRAINT answer_check_pkey PRIMARY KEY (tenant_id, check_id);
ALTER TABLE ONLY public.audit_head
    ADD CONSTRAINT audit_head_pkey PRIMARY KEY (tenant_id);
ALTER TABLE ONLY public.audit
    ADD CONSTRAINT audit_pkey PRIMARY KEY (tenant_id, entry_id);
ALTER TABLE ONLY public.audit_writer
    ADD CONSTRAINT audit_writer_pkey PRIMARY KEY (tenant_id, writer_id);
ALTER TABLE ONLY public.blocking_key
    ADD CONSTRAINT blocking_key_pkey PRIMARY KEY (tenant_id, key, node_id);
ALTER TABLE ONLY public.breaker
    ADD CONSTRAINT breaker_pkey PRIMARY KEY (tenant_id, breaker_id);
ALTER TABLE ONLY public.budget
    ADD CONSTRAINT budget_pkey PRIMARY KEY (tenant_id, caller, kind, hour);
ALTER TABLE ONLY public.bulk_count
    ADD CONSTRAINT bulk_count_pkey PRIMARY KEY (tenant_id, import_id, outcome);
ALTER TABLE ONLY public.bulk_import
    ADD CONSTRAINT bulk_import_pkey PRIMARY KEY (tenant_id, import_id);
ALTER TABLE ONLY public.bulk_rejected
    ADD CONSTRAINT bulk_rejected_pkey PRIMARY KEY (tenant_id, import_id, number);
ALTER TABLE ONLY public.bulk_row
    ADD CONSTRAINT bulk_row_pkey PRIMARY KEY (tenant_id, import_id, number);
ALTER TABLE ONLY public.carry_over
    ADD CONSTRAINT carry_over_pkey PRIMARY KEY (tenant_id, key);
ALTER TABLE ONLY public.consent
    ADD CONSTRAINT consent_pkey PRIMARY KEY (tenant_id, consent_id);
ALTER TABLE ONLY public.contact
    ADD CONSTRAINT contact_key UNIQUE (tenant_id, key);
ALTER TABLE ONLY public.contact
    ADD CONSTRAINT contact_pkey PRIMARY KEY (tenant_id, contact_id);
ALTER TABLE ONLY public.conversation
    ADD CONSTRAINT conversation_pkey PRIMARY KEY (tenant_id, conversation_id);
ALTER TABLE ONLY public.event
    ADD CONSTRAINT event_pkey PRIMARY KEY (tenant_id, event_id);
ALTER TABLE ONLY public.event_profile
    ADD CONSTRAINT event_profile_pkey PRIMARY KEY (tenant_id, profile_id, event_id);
ALTER TABLE ONLY public.evidence
    ADD CONSTRAINT evidence_pkey PRIMARY KEY (tenant_id, subject_id, node_id);
ALTER TABLE ONLY public.fact
    ADD CONSTRAINT fact_pkey PRIMARY KEY (tenant_id, contact_id, key, said_by);
ALTER TABLE ONLY public.interaction
    ADD CONSTRAINT interaction_pkey PRIMARY KEY (tenant_id, key, source_revision);
ALTER TABLE ONLY public.key_check
    ADD CONSTRAINT key_check_pkey PRIMARY KEY (version);
ALTER TABLE ONLY public.link
    ADD CONSTRAINT link_pkey PRIMARY KEY (tenant_id, node_a, node_b, kind, channel, assurance_a, assurance_b);
ALTER TABLE ONLY public.merge_rate
    ADD CONSTRAINT merge_rate_pkey PRIMARY KEY (tenant_id, hour, slot);
ALTER TABLE ONLY public.naming
    ADD CONSTRAINT naming_pkey PRIMARY KEY (tenant_id, contact_id, place);
ALTER TABLE ONLY public.node
    ADD CONSTRAINT node_key_epoch UNIQUE (tenant_id, key, epoch);
ALTER TABLE ONLY public.node
    ADD CONSTRAINT node_pkey PRIMARY KEY (tenant_id, node_id) INCLUDE (profile_id);
ALTER TABLE ONLY public.plan_shape
    ADD CONSTRAINT plan_shape_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.preference
    ADD CONSTRAINT preference_pkey PRIMARY KEY (tenant_id, node_id, key);
ALTER TABLE ONLY public.profile
    ADD CONSTRAINT profile_pkey PRIMARY KEY (tenant_id, profile_id);
ALTER TABLE ONLY public.promise
    ADD CONSTRAINT promise_pkey PRIMARY KEY (tenant_id, contact_id, key, said_by);
ALTER TABLE ONLY public.reference
    ADD CONSTRAINT reference_pkey PRIMARY KEY (tenant_id, key, contact_id);
ALTER TABLE ONLY public.request
    ADD CONSTRAINT request_pkey PRIMARY KEY (tenant_id, key);
ALTER TABLE ONLY public.review
    ADD CONSTRAINT review_pkey PRIMARY KEY (tenant_id, review_id);
ALTER TABLE ONLY public.review
    ADD CONSTRAINT review_question UNIQUE (tenant_id, node_a, node_b, reason);
ALTER TABLE ONLY public.schema_function
    ADD CONSTRAINT schema_function_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.schema_migration
    ADD CONSTRAINT schema_migration_pkey PRIMARY KEY (number);
ALTER TABLE ONLY public.source_record
    ADD CONSTRAINT source_record_pkey PRIMARY KEY (tenant_id, node_id);
ALTER TABLE ONLY public.take_back
    ADD CONSTRAINT take_back_pkey PRIMARY KEY (tenant_id, record_node, time_us);
ALTER TABLE ONLY public.thread_pending
    ADD CONSTRAINT thread_pending_pkey PRIMARY KEY (tenant_id, contact_id);
ALTER TABLE ONLY public.value_count
    ADD CONSTRAINT value_count_pkey PRIMARY KEY (tenant_id, key, slot);
CREATE INDEX answer_check_address ON public.answer_check USING btree (tenant_id, address, record_time_us) WHERE (NOT matched);
CREATE INDEX answer_check_contact ON public.answer_check USING btree (tenant_id, contact_id);
CREATE INDEX answer_check_node ON public.answer_check USING btree (tenant_id, node_id, record_time_us) WHERE (NOT matched);
CREATE UNIQUE INDEX audit_sequence ON public.audit USING btree (tenant_id, sequence) WHERE (sequence IS NOT NULL);
CREATE INDEX audit_unchained ON public.audit USING btree (tenant_id, entry_id) WHERE (sequence IS NULL);
CREATE INDEX blocking_key_node ON public.blocking_key USING btree (tenant_id, node_id);
CREATE INDEX breaker_hour ON public.breaker USING btree (tenant_id, hour);
CREATE UNIQUE INDEX breaker_tripped ON public.breaker USING btree (tenant_id) WHERE (lift_time_us IS NULL);
CREATE UNIQUE INDEX bulk_import_key ON public.bulk_import USING btree (tenant_id, key);
CREATE INDEX carry_over_expire ON public.carry_over USING btree (tenant_id, expire_time_us);
CREATE INDEX consent_node ON public.consent USING btree (tenant_id, node_id);
CREATE INDEX contact_anchor ON public.contact USING btree (tenant_id, anchor_node, start_time_us);
CREATE INDEX contact_conversation ON public.contact USING btree (tenant_id, conversation_id, start_time_us);
CREATE INDEX contact_live ON public.contact USING btree (tenant_id, start_time_us, contact_id, source) WHERE (end_time_us IS NULL);
CREATE INDEX conversation_founder ON public.conversation USING btree (tenant_id, founder);
CREATE INDEX conversation_idle ON public.conversation USING btree (last_time_us, tenant_id) WHERE (state = 'open'::text);
CREATE INDEX conversation_owner ON public.conversation USING btree (tenant_id, owner_node, last_time_us) WHERE (state = 'open'::text);
CREATE INDEX conversation_owner_contact ON public.conversation USING btree (tenant_id, owner_contact);
CREATE INDEX evidence_former ON public.evidence USING btree (tenant_id, node_id) WHERE (end_time_us IS NOT NULL);
CREATE INDEX evidence_node ON public.evidence USING btree (tenant_id, node_id, occur_time_us);
CREATE INDEX evidence_settle ON public.evidence USING btree (tenant_id, settle_time_us) WHERE (settle_time_us IS NOT NULL);
CREATE INDEX evidence_sign ON public.evidence USING btree (tenant_id, node_id, proof_time_us) WHERE ((assurance >= 3) AND (NOT withdrawn));
CREATE INDEX fact_holder ON public.fact USING btree (tenant_id, holder);
CREATE INDEX fact_said_by ON public.fact USING btree (tenant_id, said_by);
CREATE INDEX interaction_contact ON public.interaction USING btree (tenant_id, contact_id, occur_time_us, sequence, interaction_id) WHERE current;
CREATE INDEX interaction_intent ON public.interaction USING btree (tenant_id, contact_id, occur_time_us, sequence) WHERE (current AND intends);
CREATE INDEX link_other_end ON public.link USING btree (tenant_id, node_b);
CREATE INDEX naming_key ON public.naming USING btree (tenant_id, key);
CREATE INDEX node_profile ON public.node USING btree (tenant_id, profile_id);
CREATE INDEX node_record ON public.node USING btree (tenant_id, profile_id) INCLUDE (node_id) WHERE (namespace ~~ 'record/%'::text);
CREATE INDEX profile_expiry ON public.profile USING btree (tenant_id, expire_time_us) WHERE ((expire_time_us IS NOT NULL) AND (state = 'live'::text));
CREATE INDEX profile_founder ON public.profile USING btree (tenant_id, founder_node);
CREATE INDEX promise_holder ON public.promise USING btree (tenant_id, holder);
CREATE INDEX promise_said_by ON public.promise USING btree (tenant_id, said_by);
CREATE INDEX reference_contact ON public.reference USING btree (tenant_id, contact_id);
CREATE INDEX reference_latest ON public.reference USING btree (tenant_id, key, time_us);
CREATE INDEX review_open ON public.review USING btree (tenant_id, open_time_us, review_id) WHERE (close_time_us IS NULL);
CREATE INDEX review_other_end ON public.review USING btree (tenant_id, node_b);
CREATE INDEX review_source ON public.review USING btree (tenant_id, source, open_time_us) WHERE ((NOT waits) AND (source IS NOT NULL));
CREATE INDEX review_waiting ON public.review USING btree (tenant_id, source, open_time_us) WHERE waits;
CREATE INDEX source_record_source ON public.source_record USING btree (tenant_id, source);
CREATE INDEX take_back_source ON public.take_back USING btree (tenant_id, source, time_us);
CREATE INDEX take_back_undo ON public.take_back USING btree (tenant_id, time_us) WHERE (state = 'undo'::text);
ALTER TABLE public.act ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.act_contact ENABLE ROW LEVEL SECURITY;
CREATE POLICY act_contact_tenant ON public.act_contact USING ((tenant_id = current_setting('profile.tenant'::text, true)));
CREATE POLICY act_tenant ON public.act USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.answer_check ENABLE ROW LEVEL SECURITY;
CREATE POLICY answer_check_tenant ON public.answer_check USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.audit ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.audit_head ENABLE ROW LEVEL SECURITY;
CREATE POLICY audit_head_tenant ON public.audit_head USING ((tenant_id = current_setting('profile.tenant'::text, true)));
CREATE POLICY audit_tenant ON public.audit USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.audit_writer ENABLE ROW LEVEL SECURITY;
CREATE POLICY audit_writer_tenant ON public.audit_writer USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.blocking_key ENABLE ROW LEVEL SECURITY;
CREATE POLICY blocking_key_tenant ON public.blocking_key USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.breaker ENABLE ROW LEVEL SECURITY;
CREATE POLICY breaker_tenant ON public.breaker USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.budget ENABLE ROW LEVEL SECURITY;
CREATE POLICY budget_tenant ON public.budget USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.bulk_count ENABLE ROW LEVEL SECURITY;
CREATE POLICY bulk_count_tenant ON public.bulk_count USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.bulk_import ENABLE ROW LEVEL SECURITY;
CREATE POLICY bulk_import_tenant ON public.bulk_import USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.bulk_rejected ENABLE ROW LEVEL SECURITY;
CREATE POLICY bulk_rejected_tenant ON public.bulk_rejected USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.bulk_row ENABLE ROW LEVEL SECURITY;
CREATE POLICY bulk_row_tenant ON public.bulk_row USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.carry_over ENABLE ROW LEVEL SECURITY;
CREATE POLICY carry_over_tenant ON public.carry_over USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.consent ENABLE ROW LEVEL SECURITY;
CREATE POLICY consent_tenant ON public.consent USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.contact ENABLE ROW LEVEL SECURITY;
CREATE POLICY contact_tenant ON public.contact USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.conversation ENABLE ROW LEVEL SECURITY;
CREATE POLICY conversation_tenant ON public.conversation USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.event ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.event_profile ENABLE ROW LEVEL SECURITY;
CREATE POLICY event_profile_tenant ON public.event_profile USING ((tenant_id = current_setting('profile.tenant'::text, true)));
CREATE POLICY event_tenant ON public.event USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.evidence ENABLE ROW LEVEL SECURITY;
CREATE POLICY evidence_tenant ON public.evidence USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.fact ENABLE ROW LEVEL SECURITY;
CREATE POLICY fact_tenant ON public.fact USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.interaction ENABLE ROW LEVEL SECURITY;
CREATE POLICY interaction_tenant ON public.interaction USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.link ENABLE ROW LEVEL SECURITY;
CREATE POLICY link_tenant ON public.link USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.merge_rate ENABLE ROW LEVEL SECURITY;
CREATE POLICY merge_rate_tenant ON public.merge_rate USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.naming ENABLE ROW LEVEL SECURITY;
CREATE POLICY naming_tenant ON public.naming USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.node ENABLE ROW LEVEL SECURITY;
CREATE POLICY node_tenant ON public.node USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.preference ENABLE ROW LEVEL SECURITY;
CREATE POLICY preference_tenant ON public.preference USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.profile ENABLE ROW LEVEL SECURITY;
CREATE POLICY profile_tenant ON public.profile USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.promise ENABLE ROW LEVEL SECURITY;
CREATE POLICY promise_tenant ON public.promise USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.reference ENABLE ROW LEVEL SECURITY;
CREATE POLICY reference_tenant ON public.reference USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.request ENABLE ROW LEVEL SECURITY;
CREATE POLICY request_tenant ON public.request USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.review ENABLE ROW LEVEL SECURITY;
CREATE POLICY review_tenant ON public.review USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.source_record ENABLE ROW LEVEL SECURITY;
CREATE POLICY source_record_tenant ON public.source_record USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.take_back ENABLE ROW LEVEL SECURITY;
CREATE POLICY take_back_tenant ON public.take_back USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.thread_pending ENABLE ROW LEVEL SECURITY;
CREATE POLICY thread_pending_tenant ON public.thread_pending USING ((tenant_id = current_setting('profile.tenant'::text, true)));
ALTER TABLE public.value_count ENABLE ROW LEVEL SECURITY;
CREATE POLICY value_count_tenant ON public.value_count USING ((tenant_id = current_setting('profile.tenant'::text, true)));
GRANT USAGE ON SCHEMA public TO profile_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.conversation TO profile_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.act TO profile_app;
GRANT SELECT,INSERT ON TABLE public.act_contact TO profile_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.answer_check TO profile_app;
GRANT SELECT,INSERT ON TABLE public.audit TO profile_app;
GRANT UPDATE(sequence) ON TABLE public.audit TO profile_app;
GRANT UPDATE(chain) ON TABLE public.audit TO profile_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.audit_head TO profile_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.audit_writer TO profile_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.blocking_key TO profile_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.breaker TO profile_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.budget TO profile_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.bulk_count TO profile_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.bulk_import TO profile_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.bulk_rejected TO profile_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.bulk_row TO profile_app;
GRANT SELECT,INSERT,DELETE ON TABLE public.carry_over TO profile_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.consent TO profile_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.contact TO profile_app;
GRANT SELECT,INSERT ON TABLE public.event TO profile_app;
GRANT SELECT,INSERT ON TABLE public.event_profile TO profile_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.evidence TO profile_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.fact TO profile_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.interaction TO profile_app;
GRANT SELECT,INSERT ON TABLE public.key_check TO profile_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.link TO profile_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.merge_rate TO profile_app;
GRANT SELECT,INSERT ON TABLE public.naming TO profile_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.node TO profile_app;
GRANT SELECT ON TABLE public.plan_shape TO profile_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.preference TO profile_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.profile TO profile_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.promise TO profile_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.reference TO profile_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.request TO profile_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.review TO profile_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.source_record TO profile_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.take_back TO profile_app;
GRANT SELECT,INSERT,DELETE ON TABLE public.thread_pending TO profile_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.value_count TO profile_app;
