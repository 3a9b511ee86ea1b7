from django.db import migrations, models

# What `createcachetable` makes, so that every migrated database counts failed sign-ins.
CREATE_CACHE = migrations.RunSQL(
    """
    CREATE TABLE IF NOT EXISTS web_cache (
        cache_key varchar(255) NOT NULL PRIMARY KEY,
        value text NOT NULL,
        expires timestamp with time zone NOT NULL
    );
    CREATE INDEX IF NOT EXISTS web_cache_expires ON web_cache (expires);
    """,
    "DROP TABLE web_cache;",
)
# The history of an account among all that ever happened: few rows of the outbox, found at once.
INDEX_HISTORY = migrations.RunSQL(
    "CREATE INDEX outbox_account ON events_outboxevent (key, id DESC) WHERE topic LIKE 'account.%';",
    "DROP INDEX outbox_account;",
)


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
        ('events', '0002_guards'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='invited_at',
            field=models.DateTimeField(blank=True, help_text='when the waiting invitation was sent; null: none waits', null=True),
        ),
        migrations.AddField(
            model_name='user',
            name='sign_outs',
            field=models.IntegerField(default=0, help_text='every session from before the last count is over'),
        ),
        CREATE_CACHE,
        INDEX_HISTORY,
    ]
