"""Everything that speaks SQL: the pool, the migrations, the embedded server, one module a table family."""
