//! Which scheme of a URL means which backend, library by library.

/// `dj_database_url`.
pub(crate) fn dj_database(scheme: &str) -> Option<&'static str> {
    Some(match scheme {
        "postgres" | "postgresql" | "pgsql" => "django.db.backends.postgresql",
        "postgis" => "django.contrib.gis.db.backends.postgis",
        "mysql" | "mysql2" => "django.db.backends.mysql",
        "sqlite" => "django.db.backends.sqlite3",
        "spatialite" => "django.contrib.gis.db.backends.spatialite",
        "mysql-connector" => "mysql.connector.django",
        "mysqlgis" => "django.contrib.gis.db.backends.mysql",
        "oracle" => "django.db.backends.oracle",
        "oraclegis" => "django.contrib.gis.db.backends.oracle",
        "mssql" => "sql_server.pyodbc",
        "mssqlms" => "mssql",
        "redshift" => "django_redshift_backend",
        "cockroach" => "django_cockroachdb",
        "timescale" => "timescale.db.backends.postgresql",
        "timescalegis" => "timescale.db.backends.postgis",
        _ => return None,
    })
}

/// Schemes of django-environ that may name a cluster or a socket of PostgreSQL.
pub(crate) const POSTGRES: [&str; 7] =
    ["postgres", "postgresql", "psql", "pgsql", "postgis", "prometheus_postgresql", "prometheus_postgis"];

/// Databases of django-environ.
pub(crate) fn environ_database(scheme: &str) -> Option<&'static str> {
    Some(match scheme {
        "postgres" | "postgresql" | "psql" | "pgsql" => "django.db.backends.postgresql",
        "postgis" => "django.contrib.gis.db.backends.postgis",
        "prometheus_postgresql" => "django_prometheus.db.backends.postgresql",
        "prometheus_postgis" => "django_prometheus.db.backends.postgis",
        "cockroachdb" => "django_cockroachdb",
        "mysql" | "mysql2" => "django.db.backends.mysql",
        "mysql-connector" => "mysql.connector.django",
        "mysqlgis" => "django.contrib.gis.db.backends.mysql",
        "prometheus_mysql" => "django_prometheus.db.backends.mysql",
        "mssql" => "mssql",
        "oracle" => "django.db.backends.oracle",
        "pyodbc" => "sql_server.pyodbc",
        "redshift" => "django_redshift_backend",
        "spatialite" => "django.contrib.gis.db.backends.spatialite",
        "prometheus_spatialite" => "django_prometheus.db.backends.spatialite",
        "sqlite" => "django.db.backends.sqlite3",
        "prometheus_sqlite" => "django_prometheus.db.backends.sqlite3",
        "ldap" => "ldapdb.backends.ldap",
        _ => return None,
    })
}

/// Caches of django-environ; several where it depends on what is installed.
pub(crate) fn environ_cache(scheme: &str) -> Option<&'static [&'static str]> {
    Some(match scheme {
        "dbcache" => &["django.core.cache.backends.db.DatabaseCache"],
        "dummycache" => &["django.core.cache.backends.dummy.DummyCache"],
        "filecache" => &["django.core.cache.backends.filebased.FileBasedCache"],
        "locmemcache" => &["django.core.cache.backends.locmem.LocMemCache"],
        "memcache" => &["django.core.cache.backends.memcached.MemcachedCache"],
        "pymemcache" => &[
            "django.core.cache.backends.memcached.PyMemcacheCache",
            "django.core.cache.backends.memcached.PyLibMCCache",
        ],
        "pylibmc" => &["django.core.cache.backends.memcached.PyLibMCCache"],
        "rediscache" | "redis" | "rediss" | "valkey" | "valkeys" => {
            &["django.core.cache.backends.redis.RedisCache", "django_redis.cache.RedisCache", "redis_cache.RedisCache"]
        }
        _ => return None,
    })
}

/// Mail backends of django-environ.
pub(crate) fn environ_email(scheme: &str) -> Option<&'static str> {
    Some(match scheme {
        "smtp" | "smtps" | "smtp+tls" | "smtp+ssl" => "django.core.mail.backends.smtp.EmailBackend",
        "consolemail" => "django.core.mail.backends.console.EmailBackend",
        "filemail" => "django.core.mail.backends.filebased.EmailBackend",
        "memorymail" => "django.core.mail.backends.locmem.EmailBackend",
        "dummymail" => "django.core.mail.backends.dummy.EmailBackend",
        _ => return None,
    })
}

/// Mail backends of `dj_email_url`.
pub(crate) fn dj_email(scheme: &str) -> Option<&'static str> {
    Some(match scheme {
        "smtp" | "smtps" | "submission" | "submit" => "django.core.mail.backends.smtp.EmailBackend",
        "console" => "django.core.mail.backends.console.EmailBackend",
        "file" => "django.core.mail.backends.filebased.EmailBackend",
        "memory" => "django.core.mail.backends.locmem.EmailBackend",
        "dummy" => "django.core.mail.backends.dummy.EmailBackend",
        _ => return None,
    })
}

/// Channel layers of django-environ.
pub(crate) fn environ_channels(scheme: &str) -> Option<&'static str> {
    Some(match scheme {
        "inmemory" => "channels.layers.InMemoryChannelLayer",
        "redis" | "rediss" => "channels_redis.core.RedisChannelLayer",
        "redis+pubsub" | "rediss+pubsub" => "channels_redis.pubsub.RedisPubSubChannelLayer",
        _ => return None,
    })
}

/// Search engines of django-environ.
pub(crate) fn environ_search(scheme: &str) -> Option<&'static str> {
    Some(match scheme {
        "elasticsearch" | "elasticsearchs" => "haystack.backends.elasticsearch_backend.ElasticsearchSearchEngine",
        "elasticsearch2" | "elasticsearch2s" => "haystack.backends.elasticsearch2_backend.Elasticsearch2SearchEngine",
        "elasticsearch5" | "elasticsearch5s" => "haystack.backends.elasticsearch5_backend.Elasticsearch5SearchEngine",
        "elasticsearch7" | "elasticsearch7s" => "haystack.backends.elasticsearch7_backend.Elasticsearch7SearchEngine",
        "solr" => "haystack.backends.solr_backend.SolrEngine",
        "whoosh" => "haystack.backends.whoosh_backend.WhooshEngine",
        "xapian" => "haystack.backends.xapian_backend.XapianEngine",
        "simple" => "haystack.backends.simple_backend.SimpleEngine",
        _ => return None,
    })
}
