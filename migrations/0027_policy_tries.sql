-- A try that brought its worker down is not taken up for ever.
alter table policy_tries
    add column attempts smallint not null default 0;
