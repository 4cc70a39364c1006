-- Where the messages of one exchange stand: psql -v ref=<reference> -f message.sql. No content, no worker.
SELECT m.kind, m.state, m.channel, m.closed_because, m.failure, c.state AS consent, c.answer_by,
       o.state AS job_state, o.attempts, o.due_at AS next_attempt, o.last_failure,
       m.released_at, m.delivered_at, m.read_at,
       (SELECT max(n.mailed_at) FROM referral_notice n WHERE n.referral_id = r.id) AS mailed_at
FROM referral r
JOIN referral_message m ON m.referral_id = r.id
LEFT JOIN outbox o ON o.subject = m.id AND o.job = 'referrals.deliver'
LEFT JOIN consent c ON c.message_id = m.id
WHERE r.reference = :'ref'
ORDER BY m.position;
