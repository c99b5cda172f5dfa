#!/bin/sh
# Run once by the postgres image on an empty data folder: a login role and its database for each file of /keys/postgres/roles
# (name = role = database, content = password), with the limits that deploy/local/postgres.py sets.
set -eu
for file in /keys/postgres/roles/*; do
    name=$(basename "$file")
    psql -v ON_ERROR_STOP=1 -v name="$name" -v password="$(cat "$file")" --username "$POSTGRES_USER" --dbname postgres <<'SQL'
create role :"name" login password :'password';
alter role :"name" set transaction_timeout = '30s';
alter role :"name" set idle_in_transaction_session_timeout = '5s';
create database :"name" owner :"name";
revoke connect, temporary on database :"name" from public;
SQL
done
