"""Pure rules of the assessment: framework, item bank, checking, knowledge, next question, scoring. No SQL, no HTTP."""
