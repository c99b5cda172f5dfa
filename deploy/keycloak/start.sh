#!/bin/sh
# Keycloak of the compose file: the realm beside this file is imported at the first start, its sample accounts with a
# password that was made for this installation alone. An imported realm is never overwritten.
set -eu
KC_BOOTSTRAP_ADMIN_PASSWORD=$(cat /keys/keycloak/admin.password)
SAMPLE_PASSWORD=$(cat /keys/keycloak/samples.password)
export KC_BOOTSTRAP_ADMIN_PASSWORD SAMPLE_PASSWORD
exec /opt/keycloak/bin/kc.sh start-dev --import-realm
