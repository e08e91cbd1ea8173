-- When a worker of ours was last at work: a gap means that we were away and may have missed what was sent.

alter table community
    add column awake_at timestamptz;
