#!/bin/sh
# The broker of the compose file: server.properties, with addresses and passwords, formatted the first time with the
# administrator's account (the image's own start can make no SCRAM account before the first start).
set -eu
admin=$(cat /keys/kafka/admin.password)
controller=$(cat /keys/kafka/controller.password)
scram='org.apache.kafka.common.security.scram.ScramLoginModule required'
plain='org.apache.kafka.common.security.plain.PlainLoginModule required'
settings=/tmp/server.properties
umask 077
cat /deploy/server.properties - > "$settings" <<SETTINGS
listeners=CLIENTS://:9092,CONTROLLER://:9093
advertised.listeners=CLIENTS://kafka:9092,CONTROLLER://kafka:9093
controller.quorum.bootstrap.servers=kafka:9093
log.dirs=/var/lib/kafka/data/log
listener.name.clients.scram-sha-512.sasl.jaas.config=$scram username="admin" password="$admin";
listener.name.controller.plain.sasl.jaas.config=$plain username="controller" password="$controller" user_controller="$controller";
SETTINGS
/opt/kafka/bin/kafka-storage.sh format --standalone --ignore-formatted --config "$settings" \
    --cluster-id "$(cat /var/lib/kafka/data/cluster-id 2>/dev/null || /opt/kafka/bin/kafka-storage.sh random-uuid | tee /var/lib/kafka/data/cluster-id)" \
    --add-scram "SCRAM-SHA-512=[name=admin,password=$admin]"
# What the health check signs in with.
cat > /tmp/client.properties <<CLIENT
security.protocol=SASL_PLAINTEXT
sasl.mechanism=SCRAM-SHA-512
sasl.jaas.config=$scram username="admin" password="$admin";
CLIENT
exec /opt/kafka/bin/kafka-server-start.sh "$settings"
