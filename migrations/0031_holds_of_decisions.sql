-- Whoever asks why something was decided is told what became of it.

-- squawk-ignore require-concurrent-index-creation
create index holds_of_decision on holds (decision_id) where decision_id is not null;
