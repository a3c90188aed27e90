#!/bin/sh
# Makes Temporal's two databases, or brings them up to date. The password is in SQL_PASSWORD.
set -eu
tool() {
  temporal-sql-tool --plugin postgres12 --endpoint temporal-db --port 5432 --user temporal "$@"
}
schema=/etc/temporal/schema/postgresql/v12
tool --database temporal create
tool --database temporal setup-schema --version 0.0
tool --database temporal update-schema --schema-dir "$schema/temporal/versioned"
tool --database temporal_visibility create
tool --database temporal_visibility setup-schema --version 0.0
tool --database temporal_visibility update-schema --schema-dir "$schema/visibility/versioned"
