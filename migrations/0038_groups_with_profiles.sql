-- The view of our groups has the columns that `actors` has got for profiles.

-- squawk-ignore ban-drop-view
drop view our_groups;
create view our_groups as
    select a.*, g.joining, g.seeing, g.speaking, g.reach, g.rules_source, g.rules_html, g.position,
           g.default_reach, g.life, g.join_questions, g.rules_version, g.wiki_editors, g.offers_tags,
           g.entry_source, g.entry_html, g.posting_source, g.posting_html
      from groups g
      join actors a on a.id = g.actor_id;
