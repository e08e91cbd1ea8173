-- People have a collection of what they keep at the top of their profiles, as groups have.

update actors set featured_url = uri || '/featured'
 where is_local and type = 'Person' and featured_url is null;
