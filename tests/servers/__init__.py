"""Private database servers for one test run: free ports, temporary folders, never a system service.

run.py owns the run's folder and ends what was started in it; process.py starts a server's process, as an unprivileged
user where the tests run as root; postgresql.py, mariadb.py and sqlite.py each start one kind of server and make, clone and
drop its databases; pgbouncer.py starts a pooler in front of one; plugin.py is the pytest plugin with the fixtures.
"""
