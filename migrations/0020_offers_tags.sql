-- Whether a group offers tags, beside its other answers: most do not, and their pages need not look.

alter table groups
    add column offers_tags boolean not null default false;

update groups set offers_tags = true where actor_id in (select group_id from group_tags);

create or replace view our_groups as
    select a.*, g.joining, g.seeing, g.speaking, g.reach, g.rules_source, g.rules_html, g.position,
           g.default_reach, g.life, g.join_questions, g.rules_version, g.wiki_editors, g.offers_tags
      from groups g
      join actors a on a.id = g.actor_id;
